/** Flags of `serve`: each setting of the environment is also a flag. */
import type { Command } from 'commander';
import { type Config, type Environment, readConfig } from '../../engine/config.ts';
import { settings } from '../../engine/settings.ts';

/** Adds one option a setting; the defaults shown are those of the environment. */
export function addSettings(command: Command): Command {
  for (const [name, flag, value, text, otherwise] of settings) {
    command.option(`${flag} <${value}>`, `${text} (${name}; default: ${otherwise})`);
  }
  return command;
}

/** Flags laid over the environment. @throws ConfigError naming the setting that is wrong */
export function readSettings(options: Readonly<Record<string, unknown>>, environment: Environment): Config {
  const merged: Record<string, string | undefined> = { ...environment };
  for (const [name, flag] of settings) {
    const value = options[camelCase(flag)];
    if (typeof value === 'string') merged[name] = value;
  }
  return readConfig(merged);
}

function camelCase(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A setting is wrong. Names the variable, and never repeats a secret's value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

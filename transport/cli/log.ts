import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../../engine/config.ts';

/** JSON lines on standard error, readable text when that is a terminal. Never on standard output. */
export function createLog(level: Config['logLevel']): Logger {
  const options = {
    level,
    base: null,
    serializers: { error: pino.stdSerializers.err },
  };
  return process.stderr.isTTY
    ? pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }))
    : pino(options, pino.destination({ dest: 2, sync: false }));
}

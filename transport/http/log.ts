/** Structured log; pino's loggers fit. Fields never hold secrets, tokens, templates or scans. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

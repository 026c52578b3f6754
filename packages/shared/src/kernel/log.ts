/** Fields of a log line. Names come from the glossary; values are data, never sentences. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * A structured log: the message is a constant, everything that varies is a field.
 * error = wake someone; warn = degraded, healing; info = a state changed; debug = each decision.
 */
export interface Log {
  error(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  debug(fields: LogFields, message: string): void
}

export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}

import { pino } from 'pino'
import type { Log, LogFields } from '@roadstead/shared/kernel/log.ts'

/** JSON lines on standard output. What is named here is never written, whoever passes it in. */
const SECRET_FIELDS = ['token', 'authorization', 'cookie', 'seed', 'secret']

export function createLog(
  about: LogFields,
  level: 'error' | 'warn' | 'info' | 'debug',
  sink?: { write(line: string): void },
): Log {
  const options = {
    level,
    base: { ...about },
    redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  const log = sink === undefined ? pino(options) : pino(options, sink)
  return {
    error: (fields, message) => log.error(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    info: (fields, message) => log.info(fields, message),
    debug: (fields, message) => log.debug(fields, message),
  }
}

import { pino, stdTimeFunctions } from 'pino'
import type { Log } from '@roadstead/shared/kernel/log.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** JSON lines on standard error; standard output belongs to whoever runs the process. */
export function createLog(level: LogLevel, fields: Readonly<Record<string, string>>): Log {
  return pino(
    { level, base: fields, timestamp: stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}

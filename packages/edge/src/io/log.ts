import { pino } from 'pino'
import type { Log } from '@roadstead/shared/kernel/log.ts'

/** One JSON line per statement on standard output. */
export function createLog(level: string, edge: string): Log {
  return pino({ level, base: { role: 'edge', edge } })
}

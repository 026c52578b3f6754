import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { bootId, readProcess } from './process-table.ts'

/** Which process a role ran as, so that a later `up` can end it when this one could not. */
const PidRecord = z.object({
  role: z.string().max(64),
  pid: z.int().positive(),
  startTicks: z.int(),
  bootId: z.string(),
})
export type PidRecord = z.infer<typeof PidRecord>

export function writePidRecord(dir: string, role: string, pid: number): void {
  const startTicks = readProcess(pid)?.startTicks
  // It may have ended already; then there is nothing that anybody would have to end.
  if (startTicks === undefined) return
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const record: PidRecord = { role, pid, startTicks, bootId: bootId() }
  fs.writeFileSync(fileOf(dir, role, pid), `${JSON.stringify(record)}\n`, { mode: 0o600 })
}

export function removePidRecord(dir: string, { role, pid }: Pick<PidRecord, 'role' | 'pid'>): void {
  fs.rmSync(fileOf(dir, role, pid), { force: true })
}

/** Records of this life of the machine; what cannot be read is passed over. */
export function readPidRecords(dir: string): PidRecord[] {
  if (!fs.existsSync(dir)) return []
  const current = bootId()
  return fs
    .readdirSync(dir)
    .flatMap((name) => parse(path.join(dir, name)) ?? [])
    .filter((record) => record.bootId === current)
}

function parse(file: string): PidRecord | undefined {
  try {
    return PidRecord.safeParse(JSON.parse(fs.readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}

const fileOf = (dir: string, role: string, pid: number): string =>
  path.join(dir, `${role}.${pid}.json`)

import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Whom a simulation has brought into somebody's federation, so that a later one can take them out again. */
export const GuestRecord = z.object({ url: z.string(), hosts: z.array(z.string()).readonly() })
export type GuestRecord = z.infer<typeof GuestRecord>

/** It stays until they are removed, whatever else of a simulation goes. */
export const GUESTS_FILE = 'guests.json'

/** One for each federation where somebody is left, as far as this folder knows. */
export function readGuests(dir: string): readonly GuestRecord[] {
  const file = path.join(dir, GUESTS_FILE)
  if (!fs.existsSync(file)) return []
  return z.array(GuestRecord).parse(JSON.parse(fs.readFileSync(file, 'utf8')))
}

/** Before the first of them is enrolled: who is killed in between leaves one too many. */
export function noteGuests(dir: string, { hosts, url }: GuestRecord): void {
  const before = readGuests(dir).find((it) => it.url === url)?.hosts ?? []
  keepGuests(dir, { url, hosts: [...before, ...hosts] })
}

/** Who of them is still there; nobody, when that is empty. */
export function keepGuests(dir: string, record: GuestRecord): void {
  const others = readGuests(dir).filter((it) => it.url !== record.url)
  const records = record.hosts.length === 0 ? others : [...others, record]
  const file = path.join(dir, GUESTS_FILE)
  if (records.length === 0) return fs.rmSync(file, { force: true })
  // Half of it would be read by nobody.
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(records)}\n`)
  fs.renameSync(`${file}.new`, file)
}

/** What a person types to take them out. */
export function removalOf({ hosts, url }: GuestRecord): string {
  return `roadstead hosts remove --server ${url} --token-file FILE ${hosts.join(' ')}`
}

import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Whom a simulation has brought into somebody's federation, so that a later one can take them out again. */
export const GuestRecord = z.object({ url: z.string(), hosts: z.array(z.string()).readonly() })
export type GuestRecord = z.infer<typeof GuestRecord>

const FILE = 'guests.json'

/** Undefined: nobody is left there, as far as this folder knows. */
export function readGuests(dir: string): GuestRecord | undefined {
  const file = path.join(dir, FILE)
  if (!fs.existsSync(file)) return undefined
  return GuestRecord.parse(JSON.parse(fs.readFileSync(file, 'utf8')))
}

/** Before the first of them is enrolled: who is killed in between leaves one too many. */
export function noteGuests(dir: string, record: GuestRecord): void {
  fs.writeFileSync(path.join(dir, FILE), `${JSON.stringify(record)}\n`)
}

export function dropGuests(dir: string): void {
  fs.rmSync(path.join(dir, FILE), { force: true })
}

/** What a person types to take them out. */
export function removalOf({ hosts, url }: GuestRecord): string {
  return `roadstead hosts remove --server ${url} --token-file FILE ${hosts.join(' ')}`
}

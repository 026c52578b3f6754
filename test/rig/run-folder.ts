import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startOf } from './proc.ts'

/** Where every rig keeps what it makes, so that a run that was killed can be cleaned up after. */
export const RUNS = path.join(tmpdir(), 'roadstead-test')

/** Begins the name of a folder that is being made, and holds nothing to end. */
const UNOWNED = '.'

/** What outlives a killed test and is no file: written down before it is made. */
export type Trace =
  | { readonly kind: 'owner'; readonly pid: number; readonly start: string }
  | { readonly kind: 'process'; readonly pid: number; readonly start: string }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'link'; readonly name: string }

/** The folder of one rig and the ledger of what it made. */
export class RunFolder {
  /** Unique on this machine, and short: names of network links end with 15 characters. */
  readonly run: string
  readonly path: string

  constructor() {
    this.run = randomBytes(3).toString('hex')
    this.path = path.join(RUNS, this.run)
    // It appears with its owner in it: a sweep that came between would take it for a dead one's.
    const made = path.join(RUNS, `${UNOWNED}${this.run}`)
    mkdirSync(made, { recursive: true, mode: 0o700 })
    // Workers of nginx run as somebody else and have to reach the users of their routes.
    for (const passed of [RUNS, made]) chmodSync(passed, 0o711)
    write(made, { kind: 'owner', pid: process.pid, start: startOf(process.pid) ?? '' })
    renameSync(made, this.path)
  }

  record(trace: Trace): void {
    write(this.path, trace)
  }

  /** A folder inside, made at once. */
  folder(...names: string[]): string {
    const made = path.join(this.path, ...names)
    mkdirSync(made, { recursive: true, mode: 0o700 })
    return made
  }
}

/** The folders of runs whose test does not live any more. */
export function deadRuns(): string[] {
  if (!existsSync(RUNS)) return []
  return readdirSync(RUNS)
    .filter((name) => !name.startsWith(UNOWNED))
    .map((name) => path.join(RUNS, name))
    .filter((folder) => !isOwned(folder))
}

export function tracesOf(folder: string): Trace[] {
  if (!existsSync(ledgerOf(folder))) return []
  const lines = readFileSync(ledgerOf(folder), 'utf8').split('\n').filter(Boolean)
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Trace]
    } catch {
      return [] // The last line of a test that was killed while it wrote.
    }
  })
}

function isOwned(folder: string): boolean {
  const owner = tracesOf(folder).find((trace) => trace.kind === 'owner')
  return owner?.kind === 'owner' && startOf(owner.pid) === owner.start
}

function write(folder: string, trace: Trace): void {
  appendFileSync(ledgerOf(folder), `${JSON.stringify(trace)}\n`)
}

function ledgerOf(folder: string): string {
  return path.join(folder, 'ledger')
}

import { addressInside, EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'
import type { NamedEngine } from '@roadstead/shared/protocol/engines-file.ts'
import type { Diagnosis } from './diagnose.ts'

const DAY_MS = 86_400_000
/** As long before as for the certificates of edges. */
const EXPIRES_WARN_DAYS = 30

/** What this machine has of an engine that one agent is to watch by name. */
export interface EngineOnDisk {
  readonly joined: boolean
  /** Files that the entry names, or that a folder in it must hold, and that cannot be read. */
  readonly unreadable: readonly string[]
  /** When our certificate for it ends. */
  readonly expiresAtMs?: number
}

/** What can be told without a connection; whether it answers, its agent tells the masters. */
export function diagnoseNamedEngine(
  name: string,
  engine: NamedEngine,
  disk: EngineOnDisk,
  nowMs: number,
): Diagnosis[] {
  const part = `engine ${name}`
  const found = [...ofFiles(part, disk, nowMs), ...ofAddress(part, engine)]
  const what = `${engine.url}, watched by name: whether it answers is said of its host`
  return found.length > 0 ? found : [{ level: 'ok', part, what }]
}

function ofFiles(part: string, disk: EngineOnDisk, nowMs: number): Diagnosis[] {
  const { joined, unreadable, expiresAtMs } = disk
  const found: Diagnosis[] = []
  if (!joined) {
    const remedy = 'Enrol it: roadstead join URL --token-file F --engines FILE.'
    found.push({ level: 'fail', part, what: 'it has not joined', remedy })
  }
  if (unreadable.length > 0) {
    const what = `cannot read ${unreadable.join(', ')}`
    const remedy = 'Put the files there, readable by the user of the agent: docs/agentless.md.'
    found.push({ level: 'fail', part, what, remedy })
  }
  if (expiresAtMs === undefined) return found
  const days = Math.floor((expiresAtMs - nowMs) / DAY_MS)
  if (days >= EXPIRES_WARN_DAYS) return found
  const what = days < 0 ? 'our certificate has expired' : `our certificate ends in ${days} days`
  const remedy = 'Put a renewed cert.pem and key.pem there; nothing has to be restarted.'
  return [...found, { level: days < 0 ? 'fail' : 'warn', part, what, remedy }]
}

function ofAddress(part: string, { address, url }: NamedEngine): Diagnosis[] {
  const parsed = EngineAddress.safeParse(url).data
  const isLocal = parsed === undefined || parsed.kind === 'unix'
  if (isLocal || address.length > 0 || addressInside(parsed) !== undefined) return []
  const what = 'no address of its host is known, so nothing on it is routed'
  return [{ level: 'warn', part, what, remedy: 'Add its address to its entry in the file.' }]
}

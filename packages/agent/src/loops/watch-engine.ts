import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import type { InfoJson, NetworkJson, VersionJson } from '../core/engine-json.ts'
import { toHostFacts, toNetworks } from '../core/to-host.ts'
import { type EventFeed, followEvents } from './follow-events.ts'
import {
  type Lists,
  listEverything,
  type ListState,
  type Memory,
  newListState,
} from './list-everything.ts'
import { type Inspector, Looker, type LookDeps } from './look.ts'

/** An engine that hangs says nothing at all, so it has to be asked. */
const PING_EVERY_MS = 5_000
const LIST_EVERY_MS = 30_000
const LIST_JITTER = 0.1
/** A list shows most changes but not all, so everything is inspected now and then. */
const INSPECT_ALL_EVERY_MS = 600_000
const RETRY = { firstMs: 250, maxMs: 5_000 }
/** What a heartbeat carries of it. */
const PROBLEM_MAX = 512
/** What happened while the agent connected is asked for again; looking twice does no harm. */
const OVERLAP_MS = 1_000

/** One engine, each call with a deadline of its own. */
export interface Engine extends Inspector, Lists {
  ping(signal: AbortSignal): Promise<void>
  negotiate(signal: AbortSignal): Promise<VersionJson & { readonly spoken: string }>
  info(signal: AbortSignal): Promise<InfoJson>
  networks(signal: AbortSignal): Promise<NetworkJson[]>
  events(sinceNano: string, signal: AbortSignal): Promise<EventFeed>
}

export interface WatchDeps extends LookDeps {
  readonly engine: Engine
  readonly memory: Memory
  readonly random: Random
  readonly addresses: () => readonly string[]
  readonly agentVersion: string
  /** The name that the host was enrolled under. */
  readonly hostName: string
}

/**
 * Keeps the ledger equal to the engine, for ever.
 *
 * The order is the point: the event stream is opened *before* the list is asked for, so whatever changes
 * while the list is on its way is heard. Every end of the stream, every failed ping and every overflow
 * leads back to the beginning. Nothing is ever concluded from a failure: what was known stays known.
 */
export async function watchEngine(deps: WatchDeps, signal: AbortSignal): Promise<void> {
  const { clock, log, random, state } = deps
  const retry = backoff(RETRY, random)
  const list = newListState(deps.memory.containersBefore)
  // The first events asked for are those of the moment before the agent started to look.
  const cursor = { sinceNano: nanosBefore(clock.wallMs(), OVERLAP_MS) }
  let reported = ''
  while (!signal.aborted) {
    let problem = 'the connection ended'
    try {
      await session(deps, { list, cursor, onAnswering, onListed }, signal)
    } catch (error) {
      problem = messageOf(error)
      if (problem !== reported && !signal.aborted)
        log.warn({ err: error }, 'engine unreachable, keeping the last known state')
      reported = problem
    }
    if (signal.aborted) return
    const at = new Date(clock.wallMs()).toISOString()
    state.noteEngine('unreachable', at, problem.slice(0, PROBLEM_MAX))
    await clock.sleep(retry.nextMs(), signal)
  }

  function onAnswering(): void {
    state.noteEngine('answering', new Date(clock.wallMs()).toISOString())
  }

  // One that answers at first, and then nonsense, is not to be asked four times a second.
  function onListed(): void {
    retry.reset()
    reported = ''
  }
}

interface Session {
  readonly list: ListState
  readonly cursor: { sinceNano: string }
  readonly onAnswering: () => void
  /** Everything has been seen once more. */
  readonly onListed: () => void
}

/** One connection to the engine, from the first call to the first thing that breaks. */
async function session(deps: WatchDeps, session: Session, signal: AbortSignal): Promise<void> {
  const { engine, log } = deps
  const end = new AbortController()
  const both = AbortSignal.any([signal, end.signal])
  try {
    await engine.ping(both)
    const version = await engine.negotiate(both)
    const lines = await engine.events(session.cursor.sinceNano, both)
    log.info({ api: version.spoken, engine: version.Version }, 'engine connected')

    const looker = new Looker(deps, both)
    const look = (): Promise<void> => lookAtHost(deps, version, both)
    // The stream is followed from the start: a container that starts now must not wait for the list.
    const following = followEvents(
      { ...deps, lines, looker, list: session.list, cursor: session.cursor, lookAtHost: look },
      both,
    )
    session.onAnswering()
    deps.state.askForStock()
    await Promise.race([
      following,
      keepListing({ ...deps, ...session, looker, lookAtHost: look }, both),
      keepPinging(deps, both),
    ])
  } finally {
    end.abort()
  }
}

async function lookAtHost(
  deps: WatchDeps,
  version: Awaited<ReturnType<Engine['negotiate']>>,
  signal: AbortSignal,
): Promise<void> {
  const [info, networks] = await Promise.all([
    deps.engine.info(signal),
    deps.engine.networks(signal),
  ])
  const { agentVersion, hostName } = deps
  const agent = { addresses: deps.addresses(), version: agentVersion, name: hostName }
  const cause = { action: 'list', seenAtMs: deps.clock.wallMs() }
  const facts = toHostFacts(info, version, agent)
  deps.state.tell({ kind: 'host', facts, networks: toNetworks(networks), cause })
}

type ListDeps = WatchDeps & {
  readonly looker: Looker
  readonly list: ListState
  readonly lookAtHost: () => Promise<void>
  readonly onListed: () => void
}

async function keepListing(deps: ListDeps, signal: AbortSignal): Promise<void> {
  const { clock, random, list } = deps
  let inspectedAllAtMs: number | undefined
  while (!signal.aborted) {
    const nowMs = clock.monoMs()
    const isAllDue =
      inspectedAllAtMs === undefined || nowMs - inspectedAllAtMs >= INSPECT_ALL_EVERY_MS
    if (isAllDue) inspectedAllAtMs = nowMs
    await deps.lookAtHost()
    const retryInMs = await listEverything(deps, { inspectAll: isAllDue }, signal)
    if (!signal.aborted) deps.onListed()
    const wait = retryInMs ?? jitter(LIST_EVERY_MS, LIST_JITTER, random)
    using _due = clock.after(wait, () => list.asked.ring())
    await list.asked.rung(signal)
  }
}

async function keepPinging({ engine, clock }: WatchDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(PING_EVERY_MS, signal)
    if (!signal.aborted) await engine.ping(signal)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function nanosBefore(wallMs: number, beforeMs: number): string {
  return `${Math.floor(wallMs - beforeMs)}000000`
}

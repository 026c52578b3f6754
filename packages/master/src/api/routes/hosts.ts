import { z } from 'zod'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { STALE_AFTER_MS } from '@roadstead/shared/kernel/limits.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import type { DecisionDraft, DecisionWriter } from '../decision-writer.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export interface HostRoutesDeps {
  readonly read: Pick<ReadModel, 'hosts' | 'decisions'>
  readonly writer: DecisionWriter
  /** @throws RoadsteadError `not-leader` */
  readonly assertLeads: () => void
  /** Whoever is there has been heard by now. */
  readonly isSettled: () => boolean
  /** The tables that follow may take away what the edges would hold back. */
  readonly onConfirmed: () => void
  readonly clock: Clock
  readonly log: Log
}

export function addHosts(app: ApiServer, deps: HostRoutesDeps): void {
  const { read } = deps
  const list = { schema: { querystring: PageQuery, response: { 200: listOf(HostView) } } }
  app.get('/api/v1/hosts', list, ({ query }) => pageOf(read.hosts(), query))

  const params = z.object({ name: z.string().max(1_024) })
  const one = { schema: { params, response: { 200: HostView } } }
  app.get('/api/v1/hosts/:name', one, ({ params: { name } }) => hostNamed(name, read.hosts()))

  app.delete('/api/v1/hosts/:name', { schema: { params } }, async (request, reply) => {
    await remove(request.params.name, request.caller?.name ?? '', deps)
    return reply.code(204).send()
  })
}

function hostNamed(name: string, hosts: readonly HostView[]): HostView {
  const byId = hosts.find(({ id }) => id === name)
  const named = hosts.filter((host) => host.name === name)
  if (byId !== undefined) return byId
  const [only, ...others] = named
  if (only === undefined) throw new RoadsteadError('not-found', { host: name })
  if (others.length === 0) return only
  throw new RoadsteadError('ambiguous-name', { hosts: named.map(({ id }) => id) })
}

/**
 * Takes the identity back, and everything that was decided about the host with it: so nothing is left of
 * it in the graph, and its names are free after a while. Who joined and has never told anything is
 * found by its identity alone.
 */
async function remove(name: string, by: string, deps: HostRoutesDeps): Promise<void> {
  const { assertLeads, clock, isSettled, log, onConfirmed, read, writer } = deps
  assertLeads()
  const decisions = read.decisions()
  const unheard = read.hosts().every((host) => host.id !== name && host.name !== name)
  const view = unheard ? undefined : hostNamed(name, read.hosts())
  const id = view?.id ?? halfRemoved(name, decisions) ?? name
  const identity = decisions.get(`d.identity.agent.${id}`)
  if (identity?.kind !== 'identity') throw notRemovable(view, name)
  const rest = about(id, decisions)
  if (identity.revoked && rest.length > 0) return writer.write(rest)
  if (identity.revoked) throw new RoadsteadError('not-found', { host: name })
  if (isHeard(view, isSettled())) throw present(view, name)
  const nowMs = clock.wallMs()
  const taken: Decision = { ...identity, revoked: true, since: new Date(nowMs).toISOString() }
  if ((view?.endpoints ?? 0) > 0) onConfirmed()
  await writer.write([
    ...outdated(decisions, nowMs),
    { key: `d.identity.agent.${id}`, decision: taken },
    ...rest,
  ])
  log.info({ by, host: id, name: identity.name }, 'host removed')
}

/** The id of a host whose removal came no further than its identity. */
function halfRemoved(name: string, decisions: ReadonlyMap<string, Decision>): string | undefined {
  for (const it of decisions.values()) {
    const isOne = it.kind === 'identity' && it.role === 'agent' && it.revoked && it.name === name
    if (isOne && about(it.id, decisions).length > 0) return it.id
  }
  return undefined
}

/** An agent that is stopped in order says so with its last word. A master that is new has to listen first. */
function isHeard(view: HostView | undefined, isSettled: boolean): boolean {
  if (view?.stopping === true) return false
  if (view?.lastHeardMsAgo !== undefined) return view.lastHeardMsAgo < STALE_AFTER_MS
  return !isSettled || view?.presence === 'present'
}

function present(view: HostView | undefined, name: string): RoadsteadError {
  const heardMsAgo = view?.lastHeardMsAgo ?? 'not yet'
  return new RoadsteadError('host-present', { host: view?.name ?? name, heardMsAgo })
}

function notRemovable(view: HostView | undefined, name: string): RoadsteadError {
  if (view === undefined) return new RoadsteadError('not-found', { host: name })
  return new RoadsteadError('bad-input', {
    host: `${view.name} came by no join token: its key is that of who started this site`,
  })
}

/** What was decided about the host goes with it: none of it could be taken back otherwise. */
function about(id: string, decisions: ReadonlyMap<string, Decision>): DecisionDraft[] {
  return [...decisions]
    .filter(([, it]) => ABOUT_HOSTS.has(it.kind) && 'host' in it && it.host === id)
    .map(([key]) => ({ key, decision: undefined }))
}

/** A claim is given up when nobody asks for it any more. */
const ABOUT_HOSTS: ReadonlySet<Decision['kind']> = new Set(['presence', 'drain', 'flapping'])

/** What a host once said is nowhere on the bus after this time; then its removal need not be known. */
const KNOWN_MS = 31 * 86_400_000

function outdated(decisions: ReadonlyMap<string, Decision>, nowMs: number): DecisionDraft[] {
  return [...decisions]
    .filter(
      ([, it]) =>
        it.kind === 'identity' &&
        it.role === 'agent' &&
        it.revoked &&
        Date.parse(it.since) < nowMs - KNOWN_MS,
    )
    .map(([key]) => ({ key, decision: undefined }))
}

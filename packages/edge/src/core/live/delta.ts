import type { TableEndpoint, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { type Peer, peersOf } from '../peers.ts'
import { type OwnView, plainView } from '../own-view.ts'
import { type EdgeTable, peerOf, routesOf, serviceOf } from '../table.ts'
import { certificateFor } from '../tls/names.ts'
import { changeEntries, type EntryChange, entryChanges, type EntrySet } from './entries.ts'
import type { LiveStep } from './live-table.ts'
import { type LiveRendering, renderLive } from './render-live.ts'
import { domainValue, peersIn, serviceText } from './values.ts'

/**
 * The steps from one rendering to the next, in an order in which every request in between meets
 * something right: addresses that change hands leave their old service before they appear in the new
 * one, services are there before a domain leads to them, and go after the last domain that did.
 */
export function delta(before: LiveRendering, after: LiveRendering): readonly LiveStep[] {
  return ordered(before, after, entryChanges(before.entries, after.entries))
}

/** A reload between two pushes: what nginx must know before it, and what may go only after it. */
export interface AroundReload {
  readonly before: readonly LiveStep[]
  /** What nginx holds while it reads its text. */
  readonly between: EntrySet
  readonly after: readonly LiveStep[]
}

/**
 * The same around a reload. Old and new text both run for a while, so whatever one of them leads to
 * stays until only the new one is left: services that only the old text names, and entries of domains
 * that become text. Endpoints do not wait: what is no longer in the table leaves before the reload.
 */
export function deltaAroundReload(before: LiveRendering, after: LiveRendering): AroundReload {
  const named = new Set([...before.sites.values()].flat().flatMap(servicesOf))
  const changes = entryChanges(before.entries, after.entries)
  const kept = changes.filter(
    ({ key, after: value }) =>
      value === undefined && (named.has(key) || after.sites.has(key.slice(2))),
  )
  const remains = stillThere(after, kept.length === 0 ? [] : serviceKeys(kept))
  const keptValues = kept.map(({ key, before: value }) => {
    const service = serviceOf(before.table, key.slice(2))
    if (!key.startsWith('s:') || service === undefined) return [key, value] as const
    const peers = peersWhere(service, before.view, remains)
    return [key, serviceText(service, peers)] as const
  })
  const between = changeEntries(after.entries, [
    ...keptValues,
    ...notYetSent(before, after, changes),
  ])
  return {
    before: ordered(before, after, entryChanges(before.entries, between)),
    between,
    after: ordered(before, after, entryChanges(between, after.entries)),
  }
}

/** Nobody is sent to TLS before nginx has read the text with the certificate. */
function notYetSent(
  before: LiveRendering,
  after: LiveRendering,
  changes: readonly EntryChange[],
): readonly (readonly [key: string, value: string])[] {
  if (before.certificates === after.certificates) return []
  return changes.flatMap(({ key, after: value }) => {
    const domain = key.slice(2)
    const hasTls = ({ certificates }: LiveRendering) =>
      certificateFor(domain, certificates) !== undefined
    const isEarly = key.startsWith('d:') && value !== undefined && hasTls(after) && !hasTls(before)
    return isEarly ? [[key, domainValue(routesOf(after.table, domain), false)] as const] : []
  })
}

/**
 * The same when nobody knows what runs: whatever it is, its text is that of the table that was in force
 * last, or of `after`. What is to be there before the reload is `between`, whole.
 */
export function aroundUnknown(
  inForce: EdgeTable,
  after: LiveRendering,
): Omit<AroundReload, 'before'> {
  return deltaAroundReload(renderLive(inForce, plainView), after)
}

function ordered(
  before: LiveRendering,
  after: LiveRendering,
  changes: readonly EntryChange[],
): readonly LiveStep[] {
  const services = changes.filter(({ key }) => key.startsWith('s:'))
  const domains = changes.filter(({ key }) => key.startsWith('d:'))
  const { leave, rest } = handedOver(before, after, services)
  return [...leave, ...sets(rest), ...sets(domains), ...deletes(domains), ...deletes(services)]
}

function sets(changes: readonly EntryChange[]): readonly LiveStep[] {
  return changes.flatMap(({ key, after }) =>
    after === undefined ? [] : [{ kind: 'set', key, value: after } as const],
  )
}

function deletes(changes: readonly EntryChange[]): readonly LiveStep[] {
  return changes.flatMap(({ key, after }) =>
    after === undefined ? [{ kind: 'delete', key } as const] : [],
  )
}

/** What one service has to do with one address, by the change under way. */
interface Claim {
  readonly key: string
  readonly peer: string
  readonly containers: string
}

/**
 * Addresses that pass from a container of one service to another container of another one. The old
 * service gives them up in a step of its own, so that at no moment both lead there.
 */
function handedOver(
  before: LiveRendering,
  after: LiveRendering,
  changes: readonly EntryChange[],
): { readonly leave: readonly LiveStep[]; readonly rest: readonly EntryChange[] } {
  const suspects = passingOn(changes)
  const old = new Map(suspects.map(({ key }) => [key, claimsOf(before, key)]))
  const young = new Map(suspects.map(({ key }) => [key, claimsOf(after, key)]))
  const lost = minus(old, young)
  const gained = minus(young, old)
  const takers = Map.groupBy(gained, ({ peer }) => peer)
  const passed = lost.filter((claim) => (takers.get(claim.peer) ?? []).some(isOther(claim)))
  if (passed.length === 0) return { leave: [], rest: changes }
  const peers = new Set(passed.map(({ peer }) => peer))
  const losers = new Set(passed.map(({ key }) => key))
  const leave = suspects
    .filter(({ key }) => losers.has(key))
    .map(({ key }) => ({ kind: 'set', key, value: valueWithout(before, key, peers) }) as const)
  return { leave, rest: changes }
}

/** Changes about an address that one service loses and another one gets: few, whatever comes. */
function passingOn(changes: readonly EntryChange[]): readonly EntryChange[] {
  const lost = new Set(changes.flatMap(({ before, after }) => peersWithout(before, after)))
  if (lost.size === 0) return []
  const gained = changes.flatMap(({ before, after }) => peersWithout(after, before))
  const passed = new Set(gained.filter((peer) => lost.has(peer)))
  if (passed.size === 0) return []
  const isPassed = (peer: string) => passed.has(peer)
  return changes.filter(
    ({ before, after }) =>
      peersWithout(before, after).some(isPassed) || peersWithout(after, before).some(isPassed),
  )
}

/** Addresses that one value of a service has and the other one has not. */
function peersWithout(value = '', other = ''): readonly string[] {
  if (value === '') return []
  const others = new Set(peersIn(other))
  return peersIn(value).filter((peer) => !others.has(peer))
}

function isOther(claim: Claim): (taker: Claim) => boolean {
  return (taker) => taker.key !== claim.key && taker.containers !== claim.containers
}

function claimsOf({ table, view }: LiveRendering, key: string): readonly Claim[] {
  const service = serviceOf(table, key.slice(2))
  if (service === undefined) return []
  return peersOf(service, view).map(({ peer }) => {
    const at = service.endpoints.filter((endpoint) => peerOf(endpoint) === peer)
    return { key, peer, containers: at.map(identityOf).join(' ') }
  })
}

function minus(
  from: ReadonlyMap<string, readonly Claim[]>,
  what: ReadonlyMap<string, readonly Claim[]>,
): readonly Claim[] {
  return [...from].flatMap(([key, claims]) => {
    const others = new Set(what.get(key)?.map(({ peer }) => peer))
    return claims.filter(({ peer }) => !others.has(peer))
  })
}

function valueWithout({ table, view }: LiveRendering, key: string, gone: ReadonlySet<string>) {
  const service = serviceOf(table, key.slice(2))
  if (service === undefined) return ''
  return serviceText(
    service,
    peersOf(service, view).filter(({ peer }) => !gone.has(peer)),
  )
}

function peersWhere(
  service: TableService,
  view: OwnView,
  remains: ReadonlySet<string>,
): readonly Peer[] {
  const isThere = (it: TableEndpoint) => remains.has(placeOf(it))
  return peersOf({ ...service, endpoints: service.endpoints.filter(isThere) }, view)
}

/** Keys of the entries that a route in the text leads to. */
function servicesOf({ service, canary }: TableRoute): readonly string[] {
  return [`s:${service}`, ...(canary === undefined ? [] : [`s:${canary.service}`])]
}

function serviceKeys(changes: readonly EntryChange[]): readonly string[] {
  return changes.map(({ key }) => key).filter((key) => key.startsWith('s:'))
}

/** Containers with their addresses that are anywhere in the table; looked at only if somebody asks. */
function stillThere({ table }: LiveRendering, asked: readonly string[]): ReadonlySet<string> {
  if (asked.length === 0) return new Set()
  return new Set(table.services.flatMap((service) => service.endpoints.map(placeOf)))
}

function identityOf({ host, container }: TableEndpoint): string {
  return `${host} ${container}`
}

function placeOf(endpoint: TableEndpoint): string {
  return `${identityOf(endpoint)} ${peerOf(endpoint)}`
}

import type { EndpointScheme } from '@roadstead/shared/protocol/route-settings.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { ServiceId, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { type Difference, differences } from '../differences.ts'
import { isRendered } from '../nginx/location.ts'
import { type OwnView, plainView } from '../own-view.ts'
import {
  byRoute,
  byService,
  type EdgeTable,
  emptyTable,
  headOf,
  routesOf,
  serviceOf,
} from '../table.ts'
import { changeEntries, type EntrySet, noEntries } from './entries.ts'
import { type CertificateByName, certificateFor, certificatesByName } from '../tls/names.ts'
import { isBelow, isWildcard, movedBy, wildcardsInText } from './wildcards.ts'
import { domainValue, isEntryRoute, serviceValue } from './values.ts'

/** What the live tier makes of a table: entries for all that is plain, and the rest for the text. */
export interface LiveRendering {
  readonly table: EdgeTable
  readonly view: OwnView
  readonly entries: EntrySet
  /** Routes by domain, sorted, of the domains that need a text of their own. */
  readonly sites: ReadonlyMap<string, readonly TableRoute[]>
  /** How services are spoken to, where it is not plain HTTP: that is text as well. */
  readonly schemes: Schemes
  /** Wildcards among the sites: what is below them is text, too. */
  readonly wildcards: ReadonlySet<string>
  readonly certificates: CertificateByName
}

type Schemes = ReadonlyMap<ServiceId, EndpointScheme>

const nothingLive: LiveRendering = {
  table: emptyTable,
  view: plainView,
  entries: noEntries,
  sites: new Map(),
  schemes: new Map(),
  wildcards: new Set(),
  certificates: new Map(),
}

/** @param before what to start from; only what differs is looked at. The result does not depend on it. */
export function renderLive(
  table: EdgeTable,
  view: OwnView,
  before: LiveRendering = nothingLive,
): LiveRendering {
  const changes = differences(before.table.services, table.services, byService)
  const services = touchedServices(changes, view, before)
  const schemes = changeSchemes(before.schemes, changes)
  const isSameShown = before.view.certificates === view.certificates
  const certificates = isSameShown ? before.certificates : certificatesByName(view.certificates)
  const changed = touchedDomains(table, view, before, { schemes, certificates })
  const wildcards = changeWildcards()
  const domains = new Set([...changed, ...movedBy(before.wildcards, wildcards, table.routes)])
  const routesByDomain = new Map([...domains].map((domain) => [domain, wantedRoutes(domain)]))
  const entries = changeEntries(before.entries, [
    ...[...services].map((id) => [`s:${id}`, valueOfService(id)] as const),
    ...[...routesByDomain].map(
      ([domain, list]) => [`d:${domain}`, valueOfDomain(domain, list)] as const,
    ),
  ])
  return {
    table,
    view,
    entries,
    sites: changeSites(before.sites, routesByDomain, isPlain),
    schemes,
    wildcards,
    certificates,
  }

  function wantedRoutes(domain: string): readonly TableRoute[] {
    return routesOf(table, domain).filter((route) => isRendered(route, view))
  }

  function isPlain(domain: string, routes: readonly TableRoute[]): boolean {
    return isPlainDomain(routes) && !isBelow(domain, wildcards)
  }

  function changeWildcards(): ReadonlySet<string> {
    if (![...changed].some(isWildcard)) return before.wildcards
    return wildcardsInText(table.routes, (domain) => {
      const routes = wantedRoutes(domain)
      return routes.length > 0 && !isPlainDomain(routes)
    })
  }

  /** Whether nginx can find the way by entries alone. What is left out is shut by the text. */
  function isPlainDomain(routes: readonly TableRoute[]): boolean {
    return routes.every(
      (route) =>
        isEntryRoute(route) && !view.excluded.has(routeKey(route)) && !schemes.has(route.service),
    )
  }

  function valueOfDomain(domain: string, routes: readonly TableRoute[]): string | undefined {
    if (routes.length === 0 || !isPlain(domain, routes)) return undefined
    return domainValue(routes, certificateFor(domain, certificates) !== undefined)
  }

  function valueOfService(id: string): string | undefined {
    const service = serviceOf(table, id)
    // Who is led to by streams alone is text.
    const isNone = service === undefined || service.protocol !== undefined
    return isNone ? undefined : serviceValue(service, view)
  }
}

type ServiceChanges = readonly Difference<TableService>[]

/** Ids of services whose entry may be another one now. */
function touchedServices(
  changes: ServiceChanges,
  view: OwnView,
  before: LiveRendering,
): ReadonlySet<string> {
  const touched = new Set<string>()
  for (const it of changes) {
    for (const service of [it.before, it.after]) if (service !== undefined) touched.add(service.id)
  }
  for (const key of symmetric(before.view.leftOut, view.leftOut)) touched.add(headOf(key))
  if (before.view.quarters !== view.quarters) {
    for (const key of [...before.view.quarters.keys(), ...view.quarters.keys()])
      touched.add(headOf(key))
  }
  return touched
}

/** The very map of before when nothing in it changes. */
function changeSchemes(before: Schemes, changes: ServiceChanges): Schemes {
  const isHttp = (service: TableService | undefined) => (service?.scheme ?? 'http') === 'http'
  const changed = changes.filter(({ before: old, after: young }) => {
    return (old?.scheme ?? 'http') !== (young?.scheme ?? 'http') || !isHttp(young)
  })
  const schemes = new Map(before)
  for (const { before: old, after: young } of changed) {
    if (old !== undefined) schemes.delete(old.id)
    if (young?.scheme !== undefined && !isHttp(young)) schemes.set(young.id, young.scheme)
  }
  const isSame =
    schemes.size === before.size && [...schemes].every(([id, it]) => before.get(id) === it)
  return isSame ? before : new Map([...schemes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function touchedDomains(
  table: EdgeTable,
  view: OwnView,
  before: LiveRendering,
  { schemes, certificates }: Pick<LiveRendering, 'schemes' | 'certificates'>,
): ReadonlySet<string> {
  const touched = new Set<string>()
  for (const it of differences(before.table.routes, table.routes, byRoute)) {
    for (const route of [it.before, it.after]) if (route !== undefined) touched.add(route.domain)
  }
  for (const key of symmetric(before.view.excluded, view.excluded)) touched.add(headOf(key))
  if (schemes !== before.schemes) {
    const isOther = (id: ServiceId) => schemes.get(id) !== before.schemes.get(id)
    for (const { service, domain } of table.routes) if (isOther(service)) touched.add(domain)
  }
  if (certificates !== before.certificates) {
    for (const { settings, domain } of table.routes)
      if (settings?.https === 'prefer') touched.add(domain)
  }
  return touched
}

function symmetric(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a === b || (a.size === 0 && b.size === 0)) return new Set()
  return new Set([...[...a].filter((key) => !b.has(key)), ...[...b].filter((key) => !a.has(key))])
}

/** The very map of before when nothing in it changes. */
function changeSites(
  before: ReadonlyMap<string, readonly TableRoute[]>,
  touched: ReadonlyMap<string, readonly TableRoute[]>,
  isPlain: (domain: string, routes: readonly TableRoute[]) => boolean,
): ReadonlyMap<string, readonly TableRoute[]> {
  const isSite = (domain: string, list: readonly TableRoute[]) =>
    list.length > 0 && !isPlain(domain, list)
  const changed = [...touched].filter(
    ([domain, list]) => before.has(domain) || isSite(domain, list),
  )
  if (changed.length === 0) return before
  const sites = new Map(before)
  for (const [domain, list] of changed) {
    if (isSite(domain, list)) sites.set(domain, list)
    else sites.delete(domain)
  }
  return new Map([...sites].sort(([a], [b]) => (a < b ? -1 : 1)))
}

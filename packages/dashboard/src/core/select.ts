import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import { wantsOf } from '@roadstead/shared/protocol/route-wants.ts'

/** More rows than this tell a person nothing, and make the page slow. */
export const ROWS_MAX = 300

export interface Selection<Row> {
  readonly rows: readonly Row[]
  /** How many matched; more than `rows` when the page does not show them all. */
  readonly matching: number
  readonly total: number
}

/** The rows whose text contains every word of the filter. */
export function select<Row>(
  rows: readonly Row[],
  filter: string,
  textOf: (row: Row) => string,
  rowsMax = ROWS_MAX,
): Selection<Row> {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const matching =
    words.length === 0
      ? rows
      : rows.filter((row) => {
          const text = textOf(row).toLowerCase()
          return words.every((word) => text.includes(word))
        })
  return { rows: matching.slice(0, rowsMax), matching: matching.length, total: rows.length }
}

type RowOf<Collection extends keyof LiveState> = LiveState[Collection] extends (infer Row)[]
  ? Row
  : never

export const textOf = {
  routes: (row: RowOf<'routes'>): string =>
    [
      row.domain + row.path,
      row.service,
      row.state,
      ...wantsOf(row),
      ...row.endpoints.map(endpointText),
    ].join(' '),
  services: (row: RowOf<'services'>): string =>
    [row.key, row.state, ...row.endpoints.map(endpointText)].join(' '),
  hosts: (row: RowOf<'hosts'>): string =>
    [row.name, row.id, row.presence, row.facts.os, ...row.facts.addresses].join(' '),
  edges: (row: RowOf<'edges'>): string => [row.name, row.id, row.tier, row.outcome.kind].join(' '),
  runs: (row: RowOf<'runs'>): string =>
    [row.verb, row.target, row.state, row.by, row.why, row.id, ...row.members.map(pathOf)].join(
      ' ',
    ),
  events: (row: RowOf<'events'>): string =>
    [row.what, row.subject, row.hostName, ...Object.values(row.details)].join(' '),
}

function pathOf({ path }: { readonly path: string }): string {
  return path
}

function endpointText(endpoint: RowOf<'routes'>['endpoints'][number]): string {
  return `${endpoint.hostName}/${endpoint.containerName} ${endpoint.reason}`
}

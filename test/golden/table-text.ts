import type { EdgeTable } from '@roadstead/master/core/routes/edge-table.ts'
import type {
  TableEndpoint,
  TableRoute,
  TableService,
  TableStream,
} from '@roadstead/shared/protocol/table.ts'

/** An edge's table for reading: routes and what they want, then services and who serves them. */
export function tableText(edge: string, table: EdgeTable): string {
  const services = [...table.services].sort(([a], [b]) => (a < b ? -1 : 1))
  const names = new Map<string, string>(
    services.flatMap(([key, { services: groups }]) =>
      groups.map(({ id }, index) => [id, groupName(key, index)] as const),
    ),
  )
  const nameOf = (id: string): string => names.get(id) ?? id
  const lines = services.flatMap(([, service]) => [
    ...service.routes.flatMap((route) => routeLines(route, nameOf)),
    ...service.streams.flatMap((stream) => streamLines(stream, nameOf)),
    ...service.services.map((each) => serviceLine(each, nameOf)),
  ])
  return [`edge ${edge}`, ...lines].join('\n')
}

function groupName(key: string, index: number): string {
  return index === 0 ? key : `${key} (${index + 1})`
}

function routeLines(
  { domain, path, match, stripPrefix, service, when, priority, settings, canary }: TableRoute,
  nameOf: (id: string) => string,
): readonly string[] {
  const flags = `${match === 'exact' ? ' exact' : ''}${stripPrefix ? ' stripped' : ''}`
  return [
    `  ${domain}${path}${flags} → ${nameOf(service)}`,
    ...(when ?? []).map((one) => `    when ${JSON.stringify(one)}`),
    ...(priority === undefined ? [] : [`    priority ${priority}`]),
    ...Object.entries(settings ?? {}).map(
      ([name, value]) => `    ${name} ${JSON.stringify(value)}`,
    ),
    ...(canary === undefined ? [] : [`    canary ${nameOf(canary.service)} ${canary.percent} %`]),
  ]
}

function streamLines(
  { protocol, listen, service, ...settings }: TableStream,
  nameOf: (id: string) => string,
): readonly string[] {
  return [
    `  ${protocol}:${listen} → ${nameOf(service)}`,
    ...Object.entries(settings).map(([name, value]) => `    ${name} ${JSON.stringify(value)}`),
  ]
}

function serviceLine(service: TableService, nameOf: (id: string) => string): string {
  const { id, endpoints, balance, cookie, scheme, health, holdMs, slowStartMs } = service
  const wishes = [
    ['', scheme],
    ['', balance],
    ['cookie ', cookie],
    ['checked ', health && checkText(health)],
    ['held ', holdMs && `${holdMs} ms`],
    ['slow start ', slowStartMs && `${slowStartMs} ms`],
  ]
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `, ${name}${value}`)
  return `  ${nameOf(id)}: ${endpoints.map(endpointText).join(' ') || 'nobody'}${wishes.join('')}`
}

function checkText({ path, intervalMs, expect, graceMs }: NonNullable<TableService['health']>) {
  const grace = graceMs === 0 ? '' : ` after ${graceMs} ms`
  return `${path} every ${intervalMs} ms${grace} for ${expect.from}-${expect.to}`
}

function endpointText({ address, port, weight, backup, connectionsMax }: TableEndpoint): string {
  const wishes = [
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(backup === true ? ['backup'] : []),
    ...(connectionsMax === undefined ? [] : [`at most ${connectionsMax}`]),
  ]
  return `${address}:${port}${wishes.length === 0 ? '' : ` (${wishes.join(', ')})`}`
}

import { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import {
  PathPattern,
  RouteDomain,
  ServiceKey,
  type StreamProtocol,
} from '@roadstead/shared/protocol/route.ts'
import type {
  ServiceId,
  TableEndpoint,
  TableRoute,
  TableService,
  TableStream,
} from '@roadstead/shared/protocol/table.ts'
import type { Visitor } from '../core/nginx/match-path.ts'
import { assemble, type EdgeTable } from '../core/table.ts'

/** A service id that a test can name: `u_` and the name's bytes in hexadecimal. */
export function serviceId(name: string): ServiceId {
  return `u_${Buffer.from(name).toString('hex').slice(0, 16).padEnd(16, '0')}`
}

export function endpoint(port: number, host = 'alpha', address = '127.0.0.1'): TableEndpoint {
  const container = ContainerId.parse(port.toString(16).padStart(64, '0'))
  return { host: HostId.parse(host), container, address, port }
}

export function service(name: string, ...endpoints: readonly TableEndpoint[]): TableService {
  return { id: serviceId(name), key: ServiceKey.parse(name), endpoints: [...endpoints] }
}

/** `shop.test/api` leads to `name`; without a path, all of the domain. */
export function route(
  url: string,
  name: string,
  more: Partial<Omit<TableRoute, 'domain' | 'path' | 'service'>> = {},
): TableRoute {
  const slash = url.indexOf('/')
  const domain = RouteDomain.parse(slash === -1 ? url : url.slice(0, slash))
  const path = PathPattern.parse(slash === -1 ? '/' : url.slice(slash))
  return { domain, path, match: 'prefix', stripPrefix: false, service: serviceId(name), ...more }
}

/** A visitor whom nobody asks for anything special. */
export const aVisitor: Visitor = { method: 'GET', client: '127.0.0.1', header: () => '' }

export function table(
  services: readonly TableService[],
  routes: readonly TableRoute[],
  streams: readonly TableStream[] = [],
): EdgeTable {
  const more = streams.length === 0 ? {} : { streams: [...streams] }
  const assembled = assemble([{ services: [...services], routes: [...routes], ...more }])
  if (assembled.kind === 'inconsistent') throw new Error(assembled.why)
  return assembled.table
}

/** So many plain domains with one endpoint each: what stands around the one that a test looks at. */
export function plainTable(domains: number): EdgeTable {
  const names = Array.from({ length: domains }, (_, at) => `s${at}`)
  return table(
    names.map((name, at) =>
      service(name, endpoint(1 + at, 'alpha', `10.9.${at >> 8}.${at & 255}`)),
    ),
    names.map((name) => route(`${name}.example.test`, name)),
  )
}

/** Connections or datagrams to a port, for a service made with `ofStreams`. */
export function stream(
  protocol: StreamProtocol,
  listen: number,
  name: string,
  more: Partial<Omit<TableStream, 'protocol' | 'listen' | 'service'>> = {},
): TableStream {
  return { protocol, listen, service: serviceId(name), ...more }
}

export function ofStreams(
  protocol: StreamProtocol,
  name: string,
  ...endpoints: readonly TableEndpoint[]
): TableService {
  return { ...service(name, ...endpoints), protocol }
}

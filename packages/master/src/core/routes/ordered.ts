import type {
  HeaderSetting,
  RouteCondition,
  RouteSettings,
  RouteTest,
} from '@roadstead/shared/protocol/route-settings.ts'
import type { TableEndpoint, TableService } from '@roadstead/shared/protocol/table.ts'

/**
 * The same values with their fields in the order of their names. A slice is written as it stands, so
 * equal tables are equal text only if everybody who builds one keeps to one order.
 */
export function settingsInOrder(settings: RouteSettings): RouteSettings {
  const { addPrefix, allow, auth, bodyBytesMax, buffering, compress, hsts, https, limit } = settings
  const { ownHost, proxyProtocol, redirect, replacePath, requestHeaders, responseHeaders } =
    settings
  const { responses, timeoutMs, users } = settings
  return {
    ...(addPrefix !== undefined && { addPrefix }),
    ...(allow !== undefined && { allow }),
    ...(auth !== undefined && { auth }),
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
    ...(buffering !== undefined && { buffering }),
    ...(compress !== undefined && { compress }),
    ...(hsts !== undefined && { hsts: hstsInOrder(hsts) }),
    ...(https !== undefined && { https }),
    ...(limit !== undefined && { limit: limitInOrder(limit) }),
    ...(ownHost !== undefined && { ownHost }),
    ...(proxyProtocol !== undefined && { proxyProtocol }),
    ...(redirect !== undefined && { redirect: redirectInOrder(redirect) }),
    ...(replacePath !== undefined && { replacePath }),
    ...(requestHeaders !== undefined && { requestHeaders: requestHeaders.map(headerInOrder) }),
    ...(responseHeaders !== undefined && { responseHeaders: responseHeaders.map(headerInOrder) }),
    ...(responses !== undefined && { responses }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(users !== undefined && { users }),
  }
}

export function conditionInOrder(when: RouteCondition): RouteCondition {
  return when.map(testInOrder)
}

export function serviceInOrder(service: TableService): TableService {
  const { balance, connectTimeoutMs, cookie, endpoints, health, holdMs, id, key } = service
  const { protocol, readTimeoutMs, scheme, slowStartMs } = service
  return {
    ...(balance !== undefined && { balance }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    ...(cookie !== undefined && { cookie }),
    endpoints,
    ...(health !== undefined && { health: healthInOrder(health) }),
    ...(holdMs !== undefined && { holdMs }),
    id,
    key,
    ...(protocol !== undefined && { protocol }),
    ...(readTimeoutMs !== undefined && { readTimeoutMs }),
    ...(scheme !== undefined && { scheme }),
    ...(slowStartMs !== undefined && { slowStartMs }),
  }
}

export function endpointInOrder(endpoint: TableEndpoint): TableEndpoint {
  const { address, backup, connectionsMax, container, host, port, weight } = endpoint
  return {
    address,
    ...(backup !== undefined && { backup }),
    ...(connectionsMax !== undefined && { connectionsMax }),
    container,
    host,
    port,
    ...(weight !== undefined && { weight }),
  }
}

function hstsInOrder({ maxAgeS, preload, subdomains }: NonNullable<RouteSettings['hsts']>) {
  return { maxAgeS, preload, subdomains }
}

function limitInOrder({ burst, per, requests }: NonNullable<RouteSettings['limit']>) {
  return { burst, per, requests }
}

function redirectInOrder(redirect: NonNullable<RouteSettings['redirect']>) {
  const { domain, path, port, scheme, status } = redirect
  return {
    ...(domain !== undefined && { domain }),
    ...(path !== undefined && { path }),
    ...(port !== undefined && { port }),
    ...(scheme !== undefined && { scheme }),
    status,
  }
}

function headerInOrder({ name, value }: HeaderSetting): HeaderSetting {
  return { name, value }
}

function healthInOrder(health: NonNullable<TableService['health']>) {
  const { expect, graceMs, intervalMs, path } = health
  return { expect: { from: expect.from, to: expect.to }, graceMs, intervalMs, path }
}

function testInOrder(test: RouteTest): RouteTest {
  switch (test.kind) {
    case 'method':
      return { kind: test.kind, methods: test.methods, not: test.not }
    case 'header':
      return { kind: test.kind, name: test.name, not: test.not, value: test.value }
    case 'client':
      return { kind: test.kind, networks: test.networks, not: test.not }
  }
}

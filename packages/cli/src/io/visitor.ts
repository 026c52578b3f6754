import http from 'node:http'

/** nginx tries three endpoints within this; a visitor who waits longer would have gone. */
const VISIT_MS_MAX = 5_000

export type Visit =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'lost'; readonly error: string }

/** One request over a connection of its own, as from a visitor who comes for the first time. */
export async function visit(port: number, domain: string): Promise<Visit> {
  return get({ port, agent: false, headers: { host: domain, connection: 'close' } })
}

export interface KeptVisitor extends Disposable {
  visit(): Promise<Visit>
}

/** A visitor who keeps one connection for all requests, as a browser does, and never tries again. */
export function keptVisitor(port: number, domain: string): KeptVisitor {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  return {
    visit: () => get({ port, agent, headers: { host: domain } }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

export interface Visitors extends Disposable {
  visit(domain: string): Promise<Visit>
}

/** Where an nginx listens. */
export interface Door {
  readonly host: string
  readonly port: number
}

/** Many who share a few connections that are kept: to look often, and load nginx little. */
export function visitorsAt(door: Door, connections: number): Visitors {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  return {
    visit: (domain) => get({ ...door, agent, headers: { host: domain } }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

async function get(options: http.RequestOptions): Promise<Visit> {
  const { promise, resolve } = Promise.withResolvers<Visit>()
  const lose = (error: Error): void => resolve({ kind: 'lost', error: error.message })
  const request = http.get(
    {
      host: '127.0.0.1',
      ...options,
      path: '/',
      signal: AbortSignal.timeout(VISIT_MS_MAX),
    },
    (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('error', lose)
      reply.on('data', (chunk: string) => {
        body += chunk
      })
      reply.on('end', () => resolve({ kind: 'answered', status: reply.statusCode ?? 0, body }))
    },
  )
  request.on('error', lose)
  return promise
}

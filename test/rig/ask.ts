import http from 'node:http'
import type { Edge } from './parts.ts'

export interface Asked {
  readonly method?: string
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: string | Buffer
  /** Of the visitor; any of 127.0.0.0/8. */
  readonly from?: string
  /** Kept connections; without it one for each request. */
  readonly agent?: http.Agent
}

export interface Told {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** The container that answered. */
  readonly by: string | undefined
}

const ANSWER_MS_MAX = 20_000

/** One request, and all of the answer: `shop.example.com/x` at this edge. */
export function ask({ httpPort }: Pick<Edge, 'httpPort'>, url: string, more: Asked = {}) {
  const slash = url.indexOf('/')
  const [host, path] = slash === -1 ? [url, '/'] : [url.slice(0, slash), url.slice(slash)]
  const { agent, body, from, headers, method = 'GET' } = more
  const { promise, resolve, reject } = Promise.withResolvers<Told>()
  const request = http.request(
    {
      host: '127.0.0.1',
      port: httpPort,
      path,
      method,
      headers: { host, ...headers },
      agent: agent ?? false,
      ...(from !== undefined && { localAddress: from }),
    },
    (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('error', reject)
      response.on('end', () => {
        const by = response.headers['x-container']
        const status = response.statusCode ?? 0
        const whose = typeof by === 'string' ? by : undefined
        resolve({ status, headers: response.headers, body: text, by: whose })
      })
    },
  )
  request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error(`no answer from ${url}`)))
  request.on('error', reject)
  request.end(body)
  return promise
}

/** How often each container answers so many requests over kept connections. */
export async function shares(
  edge: Pick<Edge, 'httpPort'>,
  url: string,
  requests: number,
): Promise<Readonly<Record<string, number>>> {
  using agent = new KeptConnections()
  const counts: Record<string, number> = {}
  let left = requests
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const { by = 'nobody' } = await ask(edge, url, { agent })
      counts[by] = (counts[by] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: VISITORS }, visitor))
  return counts
}

const VISITORS = 20

class KeptConnections extends http.Agent implements Disposable {
  constructor() {
    super({ keepAlive: true, maxSockets: VISITORS })
  }

  [Symbol.dispose](): void {
    this.destroy()
  }
}

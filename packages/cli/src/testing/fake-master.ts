import http from 'node:http'
import { once } from 'node:events'

interface Reply {
  readonly status?: number
  readonly body: unknown
  /** What it answers to the same question after that, one after the other; the last one stays. */
  readonly later?: readonly unknown[]
}

interface Seen {
  readonly line: string
  readonly authorization: string | undefined
  readonly body: unknown
  /** `If-Match`. */
  readonly instead?: string
}

export interface FakeMaster extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly Seen[]
  /** From now on it answers that. */
  answer(line: string, reply: Reply): void
}

/** A master that has fixed answers by method and path; for tests of this package only. */
export async function fakeMaster(replies: Readonly<Record<string, Reply>>): Promise<FakeMaster> {
  const requests: Seen[] = []
  const asked = new Map<string, number>()
  const answers = new Map(Object.entries(replies))
  const server = http.createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      const [path = ''] = (request.url ?? '').split('?')
      const line = `${request.method} ${path}`
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      const { authorization, 'if-match': instead } = request.headers
      requests.push({ line, authorization, body, ...(instead !== undefined && { instead }) })
      const reply = answers.get(line) ?? NOT_FOUND
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' })
      const times = asked.get(line) ?? 0
      asked.set(line, times + 1)
      const bodies = [reply.body, ...(reply.later ?? [])]
      response.end(JSON.stringify(bodies[Math.min(times, bodies.length - 1)]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (line, reply) => void answers.set(line, reply),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const NOT_FOUND: Reply = {
  status: 404,
  body: {
    type: 'about:blank',
    title: 'not found',
    status: 404,
    code: 'not-found',
    detail: 'nothing has this name',
    hint: 'use another',
    instance: 'i',
  },
}

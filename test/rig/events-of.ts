import http from 'node:http'
import type { Edge } from './parts.ts'

/** When an event was sent, as it says, and when it arrived, by the one clock of this machine. */
export interface ArrivedEvent {
  readonly sentMs: number
  readonly arrivedMs: number
}

/** The events that the porter of a domain sends. */
export function eventsOf(
  { httpPort }: Edge,
  domain: string,
  count: number,
  everyMs: number,
): Promise<readonly ArrivedEvent[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly ArrivedEvent[]>()
  const path = `/events?n=${count}&every=${everyMs}`
  const where = { host: '127.0.0.1', port: httpPort, path, agent: false } as const
  const headers = { host: domain, accept: 'text/event-stream' }
  const request = http.get({ ...where, headers }, (response) => {
    const events: ArrivedEvent[] = []
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => {
      const lines = (text + part).split('\n\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        events.push({ sentMs: Number(line.replace('data: ', '')), arrivedMs: Date.now() })
      }
    })
    response.on('error', reject)
    response.on('end', () => resolve(events))
  })
  request.on('error', reject)
  return promise
}

import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { type Play, Played } from '@roadstead/simulator/play.ts'
import type { Engine } from './engine.ts'

/** What shall happen to which container, in this order. */
export type Steps = Play['steps']
/** What a simulated engine told while it happened. */
export type Told = Played

/** Lets many things happen on a simulated engine in a short time; it is a process of its own. */
export async function play(engine: Engine, what: Play): Promise<Told> {
  const place = { socketPath: engine.socket, path: '/simulated/play', method: 'POST' }
  const asking = request(place)
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  asking.once('response', (answer) => void json(answer).then(resolve, reject)).once('error', reject)
  asking.end(JSON.stringify(what))
  return Played.parse(await promise)
}

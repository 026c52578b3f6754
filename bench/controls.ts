/**
 * What the parts that are not ours take, measured in the same run as what is ours: a shared machine is
 * slow for both, so the ratio says more than the milliseconds.
 */
import http from 'node:http'
import type { Host } from '../test/rig/parts.ts'
import type { Rig } from '../test/rig/rig.ts'
import { percentiles } from './bench.ts'
import { firstAccepted, plainContainer, wallMs } from './federation.ts'

const STARTS = 15
const INSPECTS = 100
const ROUND_TRIPS = 200

export interface Controls {
  /** Engine: its own time of an event → the text of it here. */
  readonly eventDelivery: { p50: number; p99: number }
  /** Engine: an inspect over one kept connection. */
  readonly inspect: { p50: number; p99: number }
  readonly natsRoundTrip: { p50: number; p99: number }
  /** The engine's own time of `start` → the program in the container answers. */
  readonly containerReady: { p50: number; p99: number }
  /** The sum of the medians: what nobody can be faster than. */
  readonly floorMs: number
}

export async function controls(rig: Rig, host: Host): Promise<Controls> {
  const starts: { deliveredMs: number; readyMs: number }[] = []
  for (let at = 0; at < STARTS; at += 1) starts.push(await oneStart(rig, host, `control-${at}`))
  const inspects = await inspectTimes(host)
  const eventDelivery = percentiles(starts.map(({ deliveredMs }) => deliveredMs))
  const inspect = percentiles(inspects)
  const natsRoundTrip = percentiles(await rig.bus.roundTripsMs(ROUND_TRIPS))
  const containerReady = percentiles(starts.map(({ readyMs }) => readyMs))
  const medians = [eventDelivery, inspect, natsRoundTrip, containerReady].map(({ p50 }) => p50)
  const floorMs = Math.round(medians.reduce((sum, each) => sum + each, 0) * 100) / 100
  return { eventDelivery, inspect, natsRoundTrip, containerReady, floorMs }
}

/** A container without a label of ours, so that nobody but its engine has work with it. */
async function oneStart(rig: Rig, host: Host, name: string) {
  const { engine } = host
  const id = await engine.create(name, plainContainer(rig, name))
  const { promise, resolve } = Promise.withResolvers<{ atMs: number; deliveredMs: number }>()
  const stop = new AbortController()
  const filters = { container: [id], event: ['start'] }
  const stream = await engine.api.getEvents({ filters, abortSignal: stop.signal })
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    const now = wallMs()
    const digits = /"timeNano":(\d+)/.exec(chunk.toString())?.[1]
    if (digits === undefined) return
    const atMs = Number(BigInt(digits) / 1_000n) / 1_000
    resolve({ atMs, deliveredMs: Math.max(0, now - atMs) })
  })
  const starting = engine.container(id).start()
  const { atMs, deliveredMs } = await promise
  const readyAtMs = await firstAccepted(host, id)
  await starting
  stop.abort()
  await engine.remove(name)
  return { deliveredMs, readyMs: readyAtMs - atMs }
}

async function inspectTimes({ engine }: Host): Promise<number[]> {
  const [first] = await engine.api.listContainers()
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  for (let at = 0; at < INSPECTS; at += 1) {
    const beganMs = performance.now()
    await get(engine.socket, `/containers/${first?.Id ?? ''}/json`, agent)
    times.push(performance.now() - beganMs)
  }
  agent.destroy()
  return times
}

function get(socketPath: string, path: string, agent: http.Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  http
    .get({ socketPath, path, agent, headers: { host: 'engine' } }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    .on('error', reject)
  return promise
}

import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { at } from '../test/rig/at.ts'
import type { Host } from '../test/rig/parts.ts'
import type { RigOptions } from '../test/rig/rig.ts'
import { Rig } from '../test/rig/rig.ts'
import type { RunOptions } from '../test/rig/run-options.ts'

/** The rig of the scenarios, outside a test: what its processes said is printed when it fails. */
export function federation(options: RigOptions): Promise<Rig> {
  const ran = {
    passed: true,
    after(done: () => void): void {
      process.once('exit', (code) => {
        ran.passed = code === 0
        done()
      })
    },
    test: (_name: string, step: () => Promise<void>) => step(),
  }
  return Rig.start(ran, options)
}

/** Wall-clock time with fractions, to be compared with an engine's own `timeNano`. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/**
 * Domains that are only there to be there, 16 to a container, so that a table has its usual size. A
 * host may have 512; the next ones are shared out evenly.
 */
export function otherDomains(rig: Rig, hosts: readonly string[], count: number): Promise<void> {
  return others(rig, hosts, count, DOMAINS_PER_CONTAINER)
}

/** The same with a service for each of them, since it is these that cost a reload its time. */
export function otherServices(rig: Rig, hosts: readonly string[], count: number): Promise<void> {
  return others(rig, hosts, count, 1)
}

async function others(
  rig: Rig,
  hosts: readonly string[],
  count: number,
  perContainer: number,
): Promise<void> {
  const containers = Array.from({ length: Math.ceil(count / perContainer) }, (_, index) => index)
  const one = async (container: number): Promise<void> => {
    const first = container * perContainer
    const size = Math.min(perContainer, count - first)
    const domains = Array.from({ length: size }, (_, more) => `other-${first + more}.bench.test`)
    const labels = { 'roadstead.host': domains.join(',') }
    const { engine } = rig.host(at(hosts, container % hosts.length))
    await engine.run(`other-${first}`, { ...plainContainer(rig, `other-${first}`), labels })
  }
  const line = containers.values()
  const work = async (): Promise<void> => {
    for (const container of line) await one(container)
  }
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, work))
}

const DOMAINS_PER_CONTAINER = 16
/** More at once make the engine slower, not faster. */
const STARTS_AT_ONCE = 4

/** The quickest program that says its name: what it needs to listen is time that is not ours. */
export function plainContainer(rig: Rig, name: string): RunOptions {
  const plain = rig.folder.folder('plain', name)
  writeFileSync(path.join(plain, 'index.html'), `container: ${name}\n`)
  return { plain }
}

const TRIES_MAX = 20_000

/** When the program in a container first answered, asked past everything of ours. */
export async function firstAccepted(host: Host, id: string): Promise<number> {
  const { NetworkSettings } = await host.engine.container(id).inspect()
  const published = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort
  if (published === undefined) throw new Error('the port is not published')
  // The address of the container cannot be reached from here; the published port goes straight to it.
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await answers(host.lan.address, Number(published))) return wallMs()
  }
  throw new Error('the container never listened')
}

/** The userland forwarder accepts for a dead program too, so only an answered request counts. */
function answers(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = net.connect(port, address)
  socket.setTimeout(1_000, () => socket.destroy())
  socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
  socket.on('data', () => {
    resolve(true)
    socket.destroy()
  })
  socket.on('error', () => resolve(false))
  socket.on('close', () => resolve(false))
  return promise
}

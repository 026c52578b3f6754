/**
 * One way to the endpoints under load, looked at in short windows. What else runs on a machine makes a
 * window dearer and never cheaper, so the cheapest tenth of many tells what a request costs by itself.
 */
import { execFile } from 'node:child_process'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findProgram } from '../../test/rig/image/host-files.ts'
import { cpuMs } from './own-nginx.ts'

const run = promisify(execFile)
const CONNECTIONS = 32
const WINDOW_MS = 80
/** Until all connections are open. */
const WARM_MS = 150

export interface Way {
  readonly name: string
  readonly host: string
  readonly port: number
  /** A script by which wrk goes to this address under another name, which it asks for in the handshake. */
  readonly tlsScript?: string
  readonly workers: () => readonly number[]
}

/** Of the whole load and of each window: processor time of the workers, and requests a second. */
export interface Loaded {
  readonly cpuUs: number
  readonly perSecond: number
  readonly windows: readonly { readonly cpuUs: number; readonly perSecond: number }[]
  readonly failed: number
  /** Connections that the endpoints had to take. */
  readonly opened: number
  readonly requests: number
}

export async function load(
  { host, port, tlsScript, workers }: Way,
  domain: string,
  seconds: number,
  status: EndpointStatus,
): Promise<Loaded> {
  const pids = workers()
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Host: ${domain}`]
  const began = await look()
  let isOver = false
  const where =
    tlsScript === undefined
      ? [`http://${host}:${port}/`]
      : ['-s', tlsScript, `https://${domain}:${port}/`]
  const wrk = run(findProgram('wrk'), [...args, ...where]).finally(() => {
    isOver = true
  })
  await sleep(WARM_MS)
  const looks = [await look()]
  while (!isOver) {
    await sleep(WINDOW_MS)
    looks.push(await look())
  }
  const { stdout } = await wrk
  const ended = await look()
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  const errors = [...(/Socket errors:(.*)/.exec(stdout)?.[1] ?? '').matchAll(/\d+/g)]
  return {
    cpuUs: ((ended.cpuMs - began.cpuMs) * 1_000) / requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    // The load may have ended within the last one.
    windows: looks.slice(1, -1).map((now, at) => between(looks[at] ?? now, now)),
    failed: errors.reduce((sum, [count]) => sum + Number(count), refused),
    opened: ended.opened - began.opened,
    requests,
  }

  async function look(): Promise<Look> {
    const told = await status.look()
    return { ...told, cpuMs: cpuMs(pids), atMs: performance.now() }
  }
}

interface Look {
  readonly requests: number
  readonly opened: number
  readonly cpuMs: number
  readonly atMs: number
}

function between(before: Look, now: Look): { cpuUs: number; perSecond: number } {
  const requests = now.requests - before.requests
  return {
    cpuUs: ((now.cpuMs - before.cpuMs) * 1_000) / requests,
    perSecond: (requests * 1_000) / (now.atMs - before.atMs),
  }
}

/** What the endpoints count, asked over one connection that stays. */
export class EndpointStatus implements Disposable {
  readonly #socket: net.Socket

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
  }

  async look(): Promise<{ readonly opened: number; readonly requests: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let text = ''
    const hear = (part: string): void => {
      text += part
      if (text.includes('Waiting: ')) resolve(text)
    }
    this.#socket.on('data', hear).once('error', reject)
    this.#socket.write('GET / HTTP/1.1\r\nHost: status\r\n\r\n')
    const [, opened, requests] = /(\d+) \d+ (\d+) \n/.exec(await promise) ?? []
    this.#socket.off('data', hear).off('error', reject)
    return { opened: Number(opened), requests: Number(requests) }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'

/** Sockets kept open: 24 looks at a time, 8 restarts, one list, the events, and a few questions. */
const SOCKETS_MAX = 40
/** The kernel asks an engine elsewhere so often whether it is still there; pings ask sooner. */
const KEEP_ALIVE_MS = 15_000

/** How to open a connection to one engine. */
export interface Way {
  /** For people, as it is written in `DOCKER_HOST`. */
  readonly name: string
  /** @throws when not even an attempt can be made, for example without a readable key. */
  connect(): Duplex
  /** Why it cannot work at present, in the words of whoever keeps it open. */
  trouble(): string | undefined
}

export function wayToSocket(path: string): Way {
  return { name: `unix://${path}`, connect: () => connect({ path }), trouble: () => undefined }
}

/** Without TLS: whoever can listen in on the way, or answer in its place, owns that host. */
export function wayOverTcp(host: string, port: number): Way {
  return {
    name: `tcp://${host}:${port}`,
    connect: () => cared(connect({ host, port })),
    trouble: () => undefined,
  }
}

/**
 * With both certificates. The files are read for every connection, of which there are few, so renewed
 * ones count from the next on.
 *
 * @param folder has `ca.pem`, `cert.pem` and `key.pem`, as the command line of Docker names them.
 */
export function wayOverTls(host: string, port: number, folder: string): Way {
  const file = (name: string): Buffer => readFileSync(join(folder, name))
  return {
    name: `tcp://${host}:${port}`,
    connect: (): TLSSocket => {
      const trust = { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') }
      return cared(connectTls({ host, port, ...trust, minVersion: 'TLSv1.2' }))
    },
    trouble: () => undefined,
  }
}

function cared<Socket extends { setKeepAlive(on: boolean, ms: number): unknown }>(
  socket: Socket,
): Socket {
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

/**
 * Connections to one engine and to nothing else: an answer that sends the client elsewhere ends up at
 * the same engine.
 *
 * The client formats every request for a log that nobody reads, whole and to any depth. With an agent
 * and its open sockets in it that took 7 ms a call, ten times the call itself; so it is told less.
 */
export class EngineConnections extends Agent {
  readonly #way: Way

  constructor(way: Way) {
    // Without kept connections every look would pay for a new one: half its time.
    super({ keepAlive: true, maxSockets: SOCKETS_MAX })
    this.#way = way
  }

  override createConnection(): Duplex {
    try {
      return this.#way.connect()
    } catch (error) {
      return failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** After a failure: idle connections may lead to nobody, and each would cost a deadline to find out. */
  forgetIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy()
    }
  }

  [inspect.custom](): string {
    return 'Agent'
  }
}

/** Fails once somebody listens, as a refused connection does: a thrown error would reach nobody. */
function failed(error: Error): Duplex {
  return new Duplex({ construct: (done) => done(error) })
}

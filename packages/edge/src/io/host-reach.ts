import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { withInclude } from '../core/nginx/named-include.ts'
import { acceptingGenerations, type OldWorkers, oldWorkers } from '../core/workers.ts'
import type { Absent, Reach, Running, Tested } from './attached-nginx.ts'
import { connectionsOf } from './connections.ts'
import { type Leftovers } from './nginx.ts'
import { type NginxBinary, run } from './nginx-binary.ts'
import { isAlive, nginxFamily, signalProcess } from './processes.ts'
import { written } from './write-whole.ts'

const TEST_MS = 10_000
/** All that an nginx reads; its owner's servers are most of it. */
const DUMP_BYTES_MAX = 32 * 1024 * 1024
const FORBIDDEN = 'this user may not signal that nginx; run the edge as root, or as its user'

interface HostParams {
  readonly binary: NginxBinary
  /** The file that nginx was started from. */
  readonly main: string
  /** Where that nginx has written its process id. */
  readonly pidFile: string
  readonly include: string
  readonly candidate: string
  /** Tells copies of several edges apart. */
  readonly mark: string
  readonly bind: string
  readonly port: number
}

/** An nginx on this machine: found by its pid file, tested by its own program. */
export class HostReach implements Reach {
  readonly #params: HostParams
  readonly #copy: string

  constructor(params: HostParams) {
    this.#params = params
    this.#copy = join(dirname(params.main), `.roadstead-test-${params.mark}`)
  }

  /** What a life before has left when it was killed in a test. */
  async sweep(): Promise<void> {
    await written(() => rm(this.#copy, { force: true }))
  }

  /** Why this process may not tell it anything, though it is there. */
  async forbidden(): Promise<string | undefined> {
    const [master] = await this.#family()
    return master === undefined || isAlive(master.pid) ? undefined : FORBIDDEN
  }

  async look(): Promise<Running | Absent> {
    const [master] = await this.#family()
    const { bind, binary, pidFile } = this.#params
    if (master === undefined) return { kind: 'absent', why: `no nginx has the id in ${pidFile}` }
    if (!isAlive(master.pid)) return { kind: 'absent', why: FORBIDDEN }
    const isAny = bind === '0.0.0.0' || bind === '::'
    const loopback = bind === '::' ? '::1' : '127.0.0.1'
    return {
      kind: 'running',
      identity: `${master.pid} ${master.startTicks}`,
      version: binary.features.version,
      address: isAny ? loopback : bind,
    }
  }

  /** Relative includes of the copy lead where those of the original do, since it stands beside it. */
  async testBefore(): ReturnType<Reach['testBefore']> {
    const { main, include, candidate } = this.#params
    const text = await readFile(main, 'utf8').catch(() => undefined)
    if (text === undefined) return cannot('the main file cannot be read')
    const isNamed = (path: string) => resolve(dirname(main), path) === include
    const copy = withInclude(text, isNamed, candidate)
    if (copy === undefined) return cannot('the main file does not name the include file itself')
    try {
      const put = await written(async () => {
        await writeFile(this.#copy, copy, { mode: 0o600 })
        await chmod(this.#copy, 0o600)
      })
      if (put.kind !== 'written') return cannot('nothing can be written beside the main file')
      return await this.#test(this.#copy)
    } finally {
      await this.sweep()
    }
  }

  testInForce(dump?: 'dump'): Promise<Tested> {
    return this.#test(this.#params.main, dump)
  }

  async reload(): Promise<boolean> {
    const [master] = await this.#family()
    return master !== undefined && signalProcess(master.pid, 'SIGHUP')
  }

  async oldWorkers(): Promise<OldWorkers> {
    return oldWorkers(await this.#family())
  }

  async leftovers(): Promise<Leftovers | undefined> {
    const family = await this.#family()
    const leaving = family.filter(({ role }) => role === 'leaving-worker')
    const pids = leaving.map(({ pid }) => pid)
    const connections = await connectionsOf(pids, [this.#params.port])
    return { connections, isAccepting: acceptingGenerations(family) > 1 }
  }

  #test(main: string, dump?: 'dump'): Promise<Tested> {
    const { binary } = this.#params
    if (dump === undefined) return run(binary.path, ['-t', '-c', main], dirname(main), TEST_MS)
    return run(binary.path, ['-T', '-c', main], dirname(main), TEST_MS, DUMP_BYTES_MAX)
  }

  /** Nobody is signalled who is no nginx, whatever number the file holds. */
  async #family(): ReturnType<typeof nginxFamily> {
    const text = await readFile(this.#params.pidFile, 'utf8').catch(() => '')
    return /^[1-9][0-9]{0,9}\s*$/.test(text) ? nginxFamily(Number(text)) : []
  }
}

function cannot(why: string): { readonly kind: 'cannot'; readonly why: string } {
  return { kind: 'cannot', why }
}

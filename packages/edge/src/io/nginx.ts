import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { RunningGeneration } from '../core/live/live-table.ts'
import { CANDIDATE, FILES } from '../core/nginx/main-file.ts'
import { acceptingGenerations, type OldWorkers, oldWorkers } from '../core/workers.ts'
import { connectionsOf } from './connections.ts'
import { ControlSocket } from './control-socket.ts'
import { NGINX_ENV, type NginxBinary, run, type Run } from './nginx-binary.ts'
import { busyPort, portState } from './port-state.ts'
import { isAlive, nginxProcesses, nginxWorkers, signalProcess } from './processes.ts'

const TEST_MS = 10_000
/** nginx tries for 2.5 s to bind an address that is in use before it gives up. */
const START_MS = 5_000
const POLL_MS = 20
/** Asked to finish; told to; ended. Visitors get this long when the edge itself stops. */
const QUIT_MS = 3_000
const TERM_MS = 2_000
const DISMISS_MS = 1_000
/** Connections that orphaned workers have after so long were upgraded, or will be cut with them. */
const ORPHANS_MS = 5_000
const ADOPTED_POLL_MS = 500
/** More than two workers, so that a third and a fourth one are asked. */
const TOGETHER = 4
const OUTPUT_CHARS_MAX = 4_096

export type Started =
  | { readonly kind: 'started' }
  | { readonly kind: 'adopted' }
  | { readonly kind: 'port-busy' | 'port-forbidden' | 'foreign-address'; readonly port: number }
  | { readonly kind: 'failed'; readonly output: string }

export interface Leftovers {
  /** Connections by `<address>:<port>` at their other end. */
  readonly connections: ReadonlyMap<string, number>
  readonly isAccepting: boolean
}

interface NginxParams {
  readonly binary: NginxBinary
  /** Its own folder, with links resolved: processes are recognised by it. */
  readonly folder: string
  readonly bind: string
  /** All on which it listens. */
  readonly ports: readonly number[]
  readonly clock: Clock
}

/** The nginx that this edge runs: one master process in one folder, found again after our own death. */
export class ManagedNginx implements AsyncDisposable {
  readonly #params: NginxParams
  readonly #socket: ControlSocket
  #master: { readonly pid: number; readonly child: ChildProcess | undefined } | undefined

  #isOurs = true
  /** Workers whose master is gone, from when that was seen. */
  #orphans: { readonly pids: readonly number[]; readonly sinceMs: number } | undefined

  private constructor(params: NginxParams, socket: ControlSocket) {
    this.#params = params
    this.#socket = socket
  }

  static async in(params: NginxParams): Promise<ManagedNginx> {
    return new ManagedNginx(params, await ControlSocket.in(params.folder))
  }

  get version(): string {
    return this.#params.binary.features.version
  }

  running(): boolean {
    return this.#master !== undefined && isAlive(this.#master.pid)
  }

  /**
   * Starts nginx, or takes over the one that a killed edge has left. Workers whose master is gone
   * serve, and can never be told anything again: a new nginx starts beside them, then they are asked
   * to finish.
   *
   * @param mayAdopt false when what is running was started from other files.
   */
  async start(mayAdopt: boolean): Promise<Started> {
    const { folder } = this.#params
    const left = await nginxProcesses(folder)
    const pids = left.map((process) => process.pid)
    const master = left.find((process) => process.role === 'master')
    if (master !== undefined && mayAdopt && (await this.#socket.generation()) !== undefined) {
      this.#master = { pid: master.pid, child: undefined }
      const own = new Set((await nginxWorkers(master.pid, folder)).map((process) => process.pid))
      this.#remember(pids.filter((pid) => pid !== master.pid && !own.has(pid)))
      return { kind: 'adopted' }
    }
    if (master === undefined && pids.length > 0) return this.#succeed(pids)
    await this.#end(pids)
    return this.#startAlone()
  }

  /** Tests the staged candidate. */
  async test(): Promise<Run> {
    const { binary, folder } = this.#params
    const args = ['-t', '-q', '-p', `${folder}/`, '-c', CANDIDATE.main]
    await rm(join(folder, CANDIDATE.socket), { force: true })
    return run(binary.path, args, folder, TEST_MS)
  }

  /** Tells nginx to read its files again; false when there is none. */
  reload(): boolean {
    return this.#master !== undefined && signalProcess(this.#master.pid, 'SIGHUP')
  }

  /** File and entries that a fresh connection is answered by. */
  async runs(): Promise<RunningGeneration | undefined> {
    return this.#socket.runs()
  }

  /** The generation of the file that a fresh connection is answered by. */
  async generation(): Promise<string | undefined> {
    return this.#socket.generation()
  }

  /**
   * Whether a worker answers by this generation. Old and new workers share the control socket, and
   * the kernel gives a lone connection to an old one for as long as it can; of several that come
   * together, some reach the others.
   */
  async answersBy(generation: string): Promise<boolean> {
    const asked = Array.from({ length: TOGETHER }, () => this.#socket.generation())
    return (await Promise.all(asked)).includes(generation)
  }

  async oldWorkers(): Promise<OldWorkers> {
    if (this.#master === undefined) return { generations: 0, bytes: 0 }
    return oldWorkers(await nginxWorkers(this.#master.pid, this.#params.folder))
  }

  /**
   * What replaced workers still have to do with endpoints: connections by address, and whether any of
   * them still takes new requests.
   */
  async leftovers(): Promise<Leftovers> {
    const master = this.#master
    if (master === undefined) return { connections: new Map(), isAccepting: false }
    const { folder, ports } = this.#params
    const processes = await nginxWorkers(master.pid, folder)
    const leaving = processes.filter(({ role }) => role === 'leaving-worker')
    const pids = [...leaving.map(({ pid }) => pid), ...this.#orphaned()]
    const connections = await connectionsOf(pids, ports)
    return { connections, isAccepting: acceptingGenerations(processes) > 1 }
  }

  /** Connections by `<address>:<port>` at their other end, of workers whose master is gone. */
  async orphanConnections(): Promise<ReadonlyMap<string, number>> {
    const pids = this.#orphaned()
    return pids.length === 0 ? new Map() : connectionsOf(pids, this.#params.ports)
  }

  /** Resolves when nginx is gone, or when `signal` aborts. */
  async exited(signal: AbortSignal): Promise<void> {
    const { clock } = this.#params
    const child = this.#master?.child
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const done = () => resolve()
      child.once('exit', done)
      signal.addEventListener('abort', done, { once: true })
      await promise
      child.off('exit', done)
      signal.removeEventListener('abort', done)
      return
    }
    while (!signal.aborted && this.running()) await clock.sleep(ADOPTED_POLL_MS, signal)
  }

  /** From now on this object lets go of nginx instead of ending it. */
  leaveRunning(): void {
    this.#isOurs = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOurs) return
    const left = await nginxProcesses(this.#params.folder)
    await this.#end(left.map((process) => process.pid))
    await this.#socket[Symbol.asyncDispose]()
  }

  #remember(pids: readonly number[]): void {
    this.#orphans = { pids, sinceMs: this.#params.clock.monoMs() }
  }

  #orphaned(): readonly number[] {
    const { pids = [], sinceMs = 0 } = this.#orphans ?? {}
    const isOver = this.#params.clock.monoMs() - sinceMs > ORPHANS_MS
    return isOver ? [] : pids.filter(isAlive)
  }

  /** Orphaned workers let others listen beside them, so visitors meet somebody all the while. */
  async #succeed(orphans: readonly number[]): Promise<Started> {
    const { folder } = this.#params
    this.#remember(orphans)
    await rm(join(folder, FILES.socket), { force: true })
    const started = await this.#spawn()
    // On files that nginx does not take, they are better than nobody.
    if (started.kind === 'failed') return started
    await this.#dismiss(orphans)
    return started.kind === 'started' ? started : this.#startAlone()
  }

  async #startAlone(): Promise<Started> {
    const { folder, bind, ports } = this.#params
    for (const port of ports) {
      const free = await portState(bind, port)
      if (free !== 'free') return { kind: free, port }
    }
    await rm(join(folder, FILES.socket), { force: true })
    return this.#spawn()
  }

  async #spawn(): Promise<Started> {
    const { binary, folder, clock } = this.#params
    const args = ['-p', `${folder}/`, '-c', FILES.main, '-g', 'daemon off;']
    // In a session of its own: Ctrl-C at a terminal reaches us, and we stop nginx in order.
    const child = spawn(binary.path, args, {
      cwd: folder,
      env: NGINX_ENV,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_CHARS_MAX)
    })
    child.on('error', (error) => {
      output += error.message
    })
    const deadline = clock.monoMs() + START_MS
    while (child.pid !== undefined && child.exitCode === null && clock.monoMs() < deadline) {
      if ((await this.#socket.generation()) !== undefined) {
        this.#master = { pid: child.pid, child }
        return { kind: 'started' }
      }
      await clock.sleep(POLL_MS)
    }
    if (child.pid !== undefined && child.exitCode === null) await this.#end([child.pid])
    const busy = busyPort(output)
    if (busy !== undefined) return { kind: 'port-busy', port: busy }
    return { kind: 'failed', output: output.trim() }
  }

  /**
   * Orphaned workers stop to listen at once and finish what they have begun, in their own time. Only
   * those that do not let go of the port are ended.
   */
  async #dismiss(pids: readonly number[]): Promise<void> {
    const { folder, clock } = this.#params
    for (const pid of pids) signalProcess(pid, 'SIGQUIT')
    const deadline = clock.monoMs() + DISMISS_MS
    for (;;) {
      const left = (await nginxProcesses(folder)).filter(({ pid }) => pids.includes(pid))
      const listening = left.filter(({ role }) => role !== 'leaving-worker').map(({ pid }) => pid)
      if (listening.length === 0) return
      if (clock.monoMs() >= deadline) return this.#end(listening)
      await clock.sleep(POLL_MS)
    }
  }

  /** Ends these processes: gracefully, then firmly, then at once. */
  async #end(pids: readonly number[]): Promise<void> {
    for (const [signal, waitMs] of [
      ['SIGQUIT', QUIT_MS],
      ['SIGTERM', TERM_MS],
      ['SIGKILL', TERM_MS],
    ] as const) {
      if (!(await this.#anyAlive(pids, 0))) return
      for (const pid of pids) signalProcess(pid, signal)
      if (!(await this.#anyAlive(pids, waitMs))) return
    }
  }

  async #anyAlive(pids: readonly number[], waitMs: number): Promise<boolean> {
    const { clock, folder } = this.#params
    const deadline = clock.monoMs() + waitMs
    for (;;) {
      const alive = await nginxProcesses(folder)
      if (!alive.some((process) => pids.includes(process.pid))) return false
      if (clock.monoMs() >= deadline) return true
      await clock.sleep(POLL_MS)
    }
  }
}

/** Process id that nginx itself has written down; for tests and for people. */
export async function readPid(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, FILES.pid), 'utf8').catch(() => '')
  return /^[0-9]+\n?$/.test(text) ? Number(text) : undefined
}

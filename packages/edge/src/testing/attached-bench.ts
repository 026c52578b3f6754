import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { render, type Rendering } from '../core/nginx/render.ts'
import type { OwnView } from '../core/own-view.ts'
import type { EdgeTable } from '../core/table.ts'
import { ObjectFiles } from '../io/object-files.ts'
import { openAttached } from '../io/open-attached.ts'
import { findNginx, run } from '../io/nginx-binary.ts'
import { StateFiles } from '../io/state-files.ts'
import { applyTables } from '../loops/apply-tables.ts'
import { followNginx } from '../loops/follow-nginx.ts'
import { keepTables } from '../loops/keep-tables.ts'
import { restoreState } from '../loops/restore-state.ts'
import { watchQuiet } from '../loops/watch-quiet.ts'
import { EdgeCell } from '../state.ts'
import { type Answer, eventually, freePort, visit } from './bench.ts'

/** An nginx of an operator, with a main file and servers of his own, in a folder of its own. */
export class OperatorsNginx implements AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly include: string
  readonly main: string
  readonly pidFile: string
  readonly #program: string
  #master: ReturnType<typeof spawn> | undefined

  private constructor(folder: string, port: number, program: string) {
    this.folder = folder
    this.port = port
    this.#program = program
    this.include = join(folder, 'conf.d', 'zz-roadstead.conf')
    this.main = join(folder, 'nginx.conf')
    this.pidFile = join(folder, 'nginx.pid')
  }

  /** @param including how his main file includes ours; by a pattern, or by its name. */
  static async start(
    including: 'pattern' | 'name' = 'name',
    port?: number,
  ): Promise<OperatorsNginx> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'roadstead-attached-')))
    const { path } = await findNginx(undefined, '')
    const nginx = new OperatorsNginx(folder, port ?? (await freePort()), path)
    await mkdir(join(folder, 'conf.d'))
    await nginx.write(including === 'name' ? 'include conf.d/zz-roadstead.conf;' : '')
    await writeFile(nginx.include, '')
    if (including === 'pattern') await nginx.write('include conf.d/*;')
    await nginx.begin()
    return nginx
  }

  /** His main file: settings of http as usual ones are, and a server that answers for unknown names. */
  async write(include: string, more = ''): Promise<void> {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `  ${name}_temp_path ${this.folder}/temp-${name};`,
    )
    const text = `worker_processes 2;
daemon off;
pid ${this.pidFile};
error_log ${this.folder}/error.log notice;
events { worker_connections 512; }
http {
  # include conf.d/zz-roadstead.conf; stands below
  client_max_body_size 1m;
  map_hash_bucket_size 128;
  server_names_hash_bucket_size 128;
  proxy_buffering on;
  gzip on;
  access_log ${this.folder}/access.log;
${temp.join('\n')}
  server {
    listen ${this.port};
    server_name his.test;
    location / { return 200 "his own"; }
    ${more}
  }
  ${include}
}
`
    await writeFile(this.main, text)
  }

  async begin(): Promise<void> {
    const master = spawn(this.#program, ['-c', this.main], { stdio: 'ignore' })
    this.#master = master
    await eventually(async () => (await this.get('his.test').catch(() => undefined)) !== undefined)
  }

  async end(): Promise<void> {
    const master = this.#master
    if (master === undefined || master.exitCode !== null) return
    const gone = new Promise((resolve) => master.once('exit', resolve))
    master.kill('SIGTERM')
    await gone
  }

  async reload(): Promise<void> {
    const { output } = await run(this.#program, ['-c', this.main, '-s', 'reload'], '/', 5_000)
    if (output.includes('[emerg]')) throw new Error(output)
  }

  /** What a start of it would say now. */
  test(main = this.main): ReturnType<typeof run> {
    return run(this.#program, ['-t', '-c', main], '/', 5_000)
  }

  /** How often anybody had it read its files again. */
  async reloads(): Promise<number> {
    const log = await readFile(join(this.folder, 'error.log'), 'utf8')
    return log.split('reconfiguring').length - 1
  }

  get(domain: string, path = '/'): Promise<Answer> {
    return visit(this.port, domain, path)
  }

  read(): Promise<string> {
    return readFile(this.include, 'utf8')
  }

  pid(): Promise<number> {
    return readFile(this.pidFile, 'utf8').then(Number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    await rm(this.folder, { recursive: true, force: true })
  }
}

interface Where {
  readonly include: string
  readonly port: number
  readonly main?: string
  readonly pidFile?: string
  readonly container?: string
  readonly seenAs?: string
  readonly engine?: string
  readonly address?: string
}

/** The loops of an edge on an nginx that is not its own. */
export class AttachedBench implements AsyncDisposable {
  readonly state = new EdgeCell()
  readonly opened: Awaited<ReturnType<typeof openAttached>>
  readonly stateDir: string
  readonly #loops = new Supervisor(log)
  #version = 0

  private constructor(stateDir: string, opened: AttachedBench['opened']) {
    this.stateDir = stateDir
    this.opened = opened
  }

  static async start(where: Where, stateDir?: string): Promise<AttachedBench> {
    const own = stateDir ?? (await mkdtemp(join(tmpdir(), 'roadstead-edge-')))
    const { include, port, container, seenAs, engine = '', main = '', pidFile = '' } = where
    const { address } = where
    const attach = { include, main, pidFile, container, seenAs, engine, address }
    const rest = { httpBind: '0.0.0.0', httpPort: port, nginx: undefined, path: '' }
    const params = { stateDir: own, attach, ...rest, digest, clock, log }
    const opened = await openAttached(params).catch(async (error: unknown) => {
      await rm(own, { recursive: true, force: true })
      throw error
    })
    const bench = new AttachedBench(own, opened)
    await bench.#run()
    return bench
  }

  async apply(table: EdgeTable): Promise<void> {
    this.#version += 1
    const stamp = { epoch: 1, version: this.#version, instance: InstanceId.parse('test') }
    this.state.fence = { epochMax: 1, stamp }
    this.state.desired = { stamp, table, acceptedMs: clock.wallMs() }
    const before = this.state.outcome
    this.state.wish()
    await eventually(() => this.state.outcome !== before && !this.#isBusy())
  }

  #isBusy(): boolean {
    const { desired, inForce, outcome, verified } = this.state
    if (outcome.kind === 'rejected') return false
    return inForce?.stamp !== desired?.stamp || verified !== inForce?.generation
  }

  /** As a killed edge leaves things. */
  async abandon(): Promise<void> {
    await this.#loops[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abandon()
    await rm(this.stateDir, { recursive: true, force: true })
  }

  async #run(): Promise<void> {
    const { nginx, files, settings, live, tier, ports } = this.opened
    const disk = new StateFiles(this.stateDir)
    const { state } = this
    const objectFiles = new ObjectFiles(this.stateDir)
    await restoreState({ disk, objectFiles, files, state, tier, digest, clock })
    const draw = (table: EdgeTable, view: OwnView, before?: Rendering) =>
      render(table, view, settings, before)
    const kit = { nginx, live, files, disk, state, ports, render: draw, digest, clock, random, log }
    this.#loops.run('follow', (stop) => followNginx(kit, stop))
    this.#loops.run('apply', (stop) => applyTables(kit, stop))
    this.#loops.run('keep', (stop) => keepTables(kit, stop))
    this.#loops.run('quiet', (stop) => watchQuiet(kit, stop))
    state.wish()
  }
}

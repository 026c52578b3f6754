import { randomBytes } from 'node:crypto'
import { mkdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { seal } from '../core/nginx/envelope.ts'
import {
  LIVE_LOCATION,
  type LiveMain,
  liveLocation,
  LUA_FILES,
  TABLE_KB,
  tlsServerOfMemory,
} from '../core/nginx/live-main.ts'
import type { LiveTable } from '../core/live/live-table.ts'
import type { Tier } from '../core/nginx/live-probe.ts'
import { accessPlace, CANDIDATE, FILES, mainFile } from '../core/nginx/main-file.ts'
import { render, type RenderSettings } from '../core/nginx/render.ts'
import {
  type Listeners,
  TLS_SERVER,
  type TlsListener,
  tlsServerOfTexts,
} from '../core/nginx/tls-listener.ts'
import type { NginxFeatures } from '../core/nginx/version.ts'
import type { StreamMain, StreamModule } from '../core/streams/stream-module.ts'
import { plainView } from '../core/own-view.ts'
import { emptyTable } from '../core/table.ts'
import type { RequestSource } from '../core/requests/source.ts'
import { AccessSocket } from './access-socket.ts'
import { ConfFiles } from './conf-files.ts'
import { ControlSocket } from './control-socket.ts'
import { LiveSocket } from './live-socket.ts'
import { workerUser } from './machine.ts'
import { ManagedNginx, type Started } from './nginx.ts'
import { findNginx } from './nginx-binary.ts'
import { probeLive } from './probe-live.ts'
import { probeStreams } from './probe-streams.ts'
import { RequestJournal } from './request-journal.ts'
import { type Candidate, type Tried, tryCertificates } from './try-certificates.ts'
import { StreamPorts } from './stream-ports.ts'
import { shutFolder } from './user-files.ts'
import { requireWritten, written } from './write-whole.ts'

export interface OpenNginxParams {
  readonly stateDir: string
  readonly httpBind: string
  readonly httpPort: number
  /** Undefined: nothing listens with TLS. */
  readonly httpsPort?: number | undefined
  /** Path of the program; undefined to search for it. */
  readonly nginx: string | undefined
  readonly path: string
  /** `auto`: without reloads where this nginx can do that. */
  readonly tier: 'auto' | 'reload'
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

export interface OpenedNginx extends AsyncDisposable {
  readonly kind: 'managed'
  readonly nginx: ManagedNginx
  readonly files: ConfFiles
  readonly settings: RenderSettings
  /** Sealed text without any route. */
  readonly fallback: string
  readonly tier: Tier['kind']
  /** Why it is not the live tier, for a person; empty when it is. */
  readonly tierReason: string
  /** Why it serves no streams, for a person; undefined when it can. */
  readonly streamsReason: string | undefined
  readonly ports: StreamPorts
  /** The memory of this nginx; only in the live tier. */
  readonly live: LiveTable | undefined
  /** A folder through which workers cannot pass to files with users. */
  readonly shut: string | undefined
  /** Undefined when nothing can be counted: there is no loopback. */
  readonly requests: RequestSource | undefined
  /** Whether this nginx takes certificates. */
  readonly tryCertificates: (candidates: readonly Candidate[]) => Promise<Tried>
  /** It is not attached to anybody's. */
  readonly told: undefined
  /** From now on closing leaves nginx alone. */
  leaveRunning(): void
}

/**
 * Brings nginx up on what was in force, before anybody else is asked: no bus and no master is needed
 * to serve what was served before.
 *
 * @throws RoadsteadError `missing-program`, `port-busy`, `bad-config`, `disk-full`, `disk-failed`
 *   or `nginx-failed`
 */
export async function openNginx(params: OpenNginxParams): Promise<OpenedNginx> {
  const { httpBind: bind, httpPort: port, digest, clock, log } = params
  const binary = await findNginx(params.nginx, params.path)
  const wanted = join(params.stateDir, 'nginx')
  const made = await written(() => mkdir(wanted, { recursive: true, mode: 0o700 }))
  requireWritten(made, wanted)
  const folder = await realpath(wanted)
  const listen = listenText(bind, port)
  const tls = tlsListener(params, binary.features)
  const tier = await chooseTier(params.tier, () => probeLive(binary, folder))
  const user = await workerUser()
  const listeners = { listen, port, tls }
  const streams = await probeStreams(binary, folder)
  const own = { user: user?.names, tier: tier.kind, digest }
  const settings = { ...listeners, ...own, ...liveMain(tier), ...streamMain(streams) }
  const files = new ConfFiles(folder, digest, user?.group)
  const ports = [port, ...(tls === undefined ? [] : [tls.port])]
  const main = mainFile(settings, binary.features, FILES)
  const candidate = mainFile(settings, binary.features, CANDIDATE)
  await using opened = new AsyncDisposableStack()
  const access = tier.kind === 'live' ? undefined : await AccessSocket.in(folder, log)
  if (access !== undefined) opened.use(access)
  const isElsewhere = await files.placeAccess(accessPlace(access?.place))
  const hasChanged = await files.prepare(main, candidate, await moreFiles(tier, listeners))
  const shut = user === undefined ? undefined : await shutFolder(folder, user.group)
  if (shut !== undefined) warnShut(log, shut, user?.names)
  const fallback = seal(render(emptyTable, plainView, settings).body, digest).text
  const routes = await files.ensureRoutes(fallback)
  if (routes.kind === 'disk-full' || routes.kind === 'disk-failed') requireWritten(routes, folder)
  const nginx = opened.use(await ManagedNginx.in({ binary, folder, bind, ports, clock }))
  const started = await startOrFallBack(nginx, files, fallback, !hasChanged)
  if (started.kind !== 'started' && started.kind !== 'adopted') {
    throw startError(started, params, folder)
  }
  if (started.kind === 'adopted' && isElsewhere) nginx.reload()
  const missing = streams.kind === 'missing' ? streams.reason : undefined
  const tierReason = tier.kind === 'live' ? '' : tier.reason
  const how = { routes: routes.kind, how: started.kind, tier: tier.kind, tierReason }
  log.info({ version: nginx.version, listen, tls: tls?.listen, ...how }, 'nginx serves')
  const socket = opened.use(await ControlSocket.in(folder))
  const newToken = () => randomBytes(8).toString('hex')
  const live = tier.kind === 'live' ? new LiveSocket({ path: socket.path, newToken }) : undefined
  const all = opened.move()
  const served = { kind: 'managed', nginx, files, settings, fallback, tier: tier.kind } as const
  return {
    ...served,
    tierReason,
    streamsReason: missing,
    ports: new StreamPorts({ folder, bind, ownPorts: ports, missing }),
    shut,
    live,
    requests: live === undefined ? access : new RequestJournal((from) => live.readRequests(from)),
    tryCertificates: (candidates) => tryCertificates(binary, folder, candidates),
    told: undefined,
    leaveRunning: () => nginx.leaveRunning(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function warnShut(log: Log, folder: string, user: string | undefined): void {
  log.warn({ folder, user }, 'workers cannot pass: routes with users stay shut')
}

async function chooseTier(wanted: 'auto' | 'reload', probe: () => Promise<Tier>): Promise<Tier> {
  if (wanted === 'auto') return probe()
  return { kind: 'reload', reason: 'ROADSTEAD_TIER=reload' }
}

function listenText(bind: string, port: number): string {
  return bind.includes(':') ? `[${bind}]:${port}` : `${bind}:${port}`
}

/** @throws RoadsteadError `bad-config` when this nginx cannot speak it. */
function tlsListener(params: OpenNginxParams, features: NginxFeatures): TlsListener | undefined {
  const { httpBind: bind, httpsPort: port } = params
  if (port === undefined) return undefined
  if (features.tls === undefined) {
    const why = 'this nginx was built without TLS; say off, or install another one'
    throw new RoadsteadError('bad-config', { ROADSTEAD_HTTPS_PORT: why })
  }
  return { listen: listenText(bind, port), port, http2: features.tls.http2 }
}

function liveMain(tier: Tier): { readonly live?: LiveMain } {
  return tier.kind === 'live' ? { live: { modules: tier.modules, tableKb: TABLE_KB } } : {}
}

function streamMain(streams: StreamModule): { readonly streams?: StreamMain } {
  return streams.kind === 'there' ? { streams: { modules: streams.modules } } : {}
}

/** What nginx reads beside its main file; copied, so its folder is complete by itself. */
async function moreFiles(tier: Tier, listeners: Listeners): Promise<ReadonlyMap<string, string>> {
  if (tier.kind === 'reload') return new Map([[TLS_SERVER, tlsServerOfTexts]])
  const texts = LUA_FILES.map(async (name) => {
    const text = await readFile(new URL(`../lua/${name}`, import.meta.url), 'utf8')
    return [name, text] as const
  })
  const own = [
    [LIVE_LOCATION, liveLocation],
    [TLS_SERVER, tlsServerOfMemory(listeners)],
  ] as const
  return new Map([...own, ...(await Promise.all(texts))])
}

/** The number of this error in nginx's own words, which the language of the system does not change. */
const DISK_FULL = '(28: '

/** What was tested last; if nginx does not take it any more, what was good before; else nothing. */
async function startOrFallBack(
  nginx: ManagedNginx,
  files: ConfFiles,
  fallback: string,
  mayAdopt: boolean,
): Promise<Started> {
  const first = await nginx.start(mayAdopt)
  if (first.kind !== 'failed' && first.kind !== 'port-busy') return first
  // The port of a stream may be somebody else's by now; it comes back when the table is applied.
  if (await files.dropStreams()) {
    const without = await nginx.start(false)
    if (without.kind !== 'failed') return without
  }
  if (first.kind === 'port-busy') return first
  await files.restoreGood()
  const second = await nginx.start(false)
  if (second.kind !== 'failed') return second
  await files.stage(fallback)
  requireWritten(await files.commit(), files.folder)
  return nginx.start(false)
}

function startError(
  started: Started,
  { httpBind: bind, httpsPort }: OpenNginxParams,
  directory: string,
): RoadsteadError {
  switch (started.kind) {
    case 'port-busy': {
      const { port } = started
      return new RoadsteadError('port-busy', { port, address: bind, variable: variableOf(port) })
    }
    case 'port-forbidden': {
      const { port } = started
      const why = `this user may not listen on port ${port}; use 1024 or above, or root`
      return new RoadsteadError('bad-config', { [variableOf(port)]: why })
    }
    case 'foreign-address':
      return new RoadsteadError('bad-config', {
        ROADSTEAD_HTTP_BIND: `${bind} is not an address of this machine`,
      })
    case 'failed':
      if (started.output.includes(DISK_FULL)) {
        return new RoadsteadError('disk-full', { directory, detail: 'nginx could not write' })
      }
      return new RoadsteadError('nginx-failed', { output: started.output })
    case 'started':
    case 'adopted':
      return new RoadsteadError('internal', { nginx: started.kind })
  }

  function variableOf(port: number): string {
    return port === httpsPort ? 'ROADSTEAD_HTTPS_PORT' : 'ROADSTEAD_HTTP_PORT'
  }
}

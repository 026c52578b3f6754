import process from 'node:process'
import { loadIdentity } from '@roadstead/bus/identity.ts'
import { connectEdgeBus } from '@roadstead/bus/nats/edge-bus.ts'
import { openWith } from '@roadstead/bus/sealed-box.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { type EdgeConfig, loadConfig } from './config.ts'
import { render, type Rendering } from './core/nginx/render.ts'
import type { EdgeTable } from './core/table.ts'
import type { OwnView } from './core/own-view.ts'
import { CertificateFolder } from './io/certificate-folder.ts'
import { checkEndpoint as check } from './io/check.ts'
import { certificateFits as fits } from './io/certificate-fits.ts'
import { lockDirectory } from './io/directory-lock.ts'
import { createLog } from './io/log.ts'
import { newInstance, ownAddresses, ownContainer } from './io/machine.ts'
import { ObjectFiles } from './io/object-files.ts'
import { openAttached } from './io/open-attached.ts'
import { type OpenedNginx, openNginx } from './io/open-nginx.ts'
import { readPair } from './io/read-pair.ts'
import { runUntilSignal } from './io/run-until-signal.ts'
import { StateFiles } from './io/state-files.ts'
import { applyTables } from './loops/apply-tables.ts'
import { checkEndpoints } from './loops/check-endpoints.ts'
import { countRequests } from './loops/count-requests.ts'
import { followNginx } from './loops/follow-nginx.ts'
import { FenceKeeper } from './loops/fence-keeper.ts'
import { followObjects } from './loops/follow-objects.ts'
import { followTables } from './loops/follow-tables.ts'
import { keepTables } from './loops/keep-tables.ts'
import { report } from './loops/report.ts'
import { restoreState } from './loops/restore-state.ts'
import { superviseNginx, type SuperviseNginxDeps } from './loops/supervise-nginx.ts'
import { CertificateKeeper } from './loops/take-certificates.ts'
import { TrustedMasters } from './loops/trusted-masters.ts'
import { beginCertificates, watchCertificates } from './loops/watch-certificates.ts'
import { watchFiles } from './loops/watch-files.ts'
import { watchQuiet } from './loops/watch-quiet.ts'
import { EdgeCell } from './state.ts'

export async function main(config: EdgeConfig, stopped: AbortSignal): Promise<void> {
  const { stateDir, httpPort, httpsPort, certificatesDir, host } = config
  const { identity, seed } = await loadIdentity(stateDir)
  const { site, name, natsUrl, publicKey } = identity
  const edge = EdgeId.parse(identity.id)
  const log = createLog(config.logLevel, edge)
  // Closes what was opened, last first, also when a later line throws.
  await using opened = new AsyncDisposableStack()
  opened.use(await lockDirectory(stateDir, clock))

  // Serve first: what was in force needs nobody else.
  const managed = opened.use(await openEither(config, log))
  const { nginx, files, settings, live, requests, ports: streamPorts, told: attached } = managed
  const { tier, tierReason, streamsReason, shut } = managed
  const disk = new StateFiles(stateDir)
  const state = new EdgeCell()
  const objectFiles = new ObjectFiles(stateDir)
  await restoreState({ disk, objectFiles, files, state, tier, digest, clock })
  const bus = opened.use(connectEdgeBus({ natsUrl, seed, id: edge, site, clock, random, log }))
  const trust = new TrustedMasters(stateDir, identity.masters)
  const container = await ownContainer()
  const ports = { httpPort, ...(httpsPort === undefined ? {} : { httpsPort }) }
  const own = { site, edge, publicKey, instance: newInstance(), name }
  const self = { ...own, ...ports, host, container }
  const describe = () => ({ ...self, addresses: ownAddresses() })
  const draw = (table: EdgeTable, view: OwnView, before?: Rendering) =>
    render(table, view, settings, before)

  const kit = { nginx, live, files, disk, state, digest, clock, random, log }
  // Before the first text, which has to have all of them.
  const pairs = { read: readPair, try: managed.tryCertificates }
  const keeper = new CertificateKeeper({ ...kit, pairs })
  const folder = certificatesDir === undefined ? undefined : new CertificateFolder(certificatesDir)
  const certificates = { ...kit, folder, keeper }
  const memory = httpsPort === undefined ? undefined : await beginCertificates(certificates)
  if (memory === undefined && folder !== undefined) {
    log.warn({ folder: certificatesDir }, 'certificates have no use: ROADSTEAD_HTTPS_PORT is off')
  }

  // Down the page is downstream: no loop reads what a later one writes.
  const loops = opened.use(new Supervisor(log))
  loops.run('follow tables', (stop) => followTables({ ...kit, self, bus, trust }, stop))
  const opening = { ...kit, self, bus, objectFiles, open: openWith(seed), fits }
  loops.run('follow objects', (stop) => followObjects(opening, stop))
  loops.run('tend nginx', (stop) => tend(managed, kit, stop))
  const applied = { ...kit, disk: new FenceKeeper(kit), render: draw, ports: streamPorts }
  loops.run('apply tables', (stop) => applyTables(applied, stop))
  loops.run('keep tables', (stop) => keepTables(kit, stop))
  loops.run('watch quiet', (stop) => watchQuiet(kit, stop))
  loops.run('check endpoints', (stop) => checkEndpoints({ ...kit, check }, stop))
  if (memory !== undefined) {
    loops.run('certificates', (stop) => watchCertificates(certificates, memory, stop))
  }
  loops.run('watch files', (stop) => watchFiles(kit, stop))
  if (requests !== undefined) {
    const counted = { ...kit, requests, self, bus, seriesMax: config.requestSeries }
    loops.run('count requests', (stop) => countRequests(counted, stop))
  }
  const told = { self: describe, tier, tierReason, streamsReason, shut, attached }
  loops.run('report', (stop) => report({ ...kit, ...told, bus }, stop))
  state.wish()

  // Asked to stop, we end nginx, too. If we fail, it goes on serving, and our next life finds it.
  await loops.untilStopped(stopped).catch((error: unknown) => {
    managed.leaveRunning()
    throw error
  })
  log.info({}, 'edge stopping')
}

type Opened = OpenedNginx | Awaited<ReturnType<typeof openAttached>>

/** An nginx of our own, or the one that is there already. */
function openEither({ attach, ...config }: EdgeConfig, log: Log): Promise<Opened> {
  const kit = { ...config, digest, clock, log }
  return attach === undefined ? openNginx(kit) : openAttached({ ...kit, attach })
}

type Tending = Omit<SuperviseNginxDeps, 'nginx' | 'files' | 'fallback'>

/** What is ours is started again; what is not is followed. */
function tend(opened: Opened, kit: Tending, stop: AbortSignal): Promise<void> {
  if (opened.kind === 'attached') return followNginx({ ...kit, nginx: opened.nginx }, stop)
  const { nginx, files, fallback } = opened
  return superviseNginx({ ...kit, nginx, files, fallback }, stop)
}

if (import.meta.main) await runUntilSignal(process, (stopped) => main(loadConfig(), stopped))

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { loadIdentity } from '@roadstead/bus/identity.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { verifySigned } from '@roadstead/bus/nkey.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { addressInside } from '@roadstead/shared/protocol/engine-address.ts'
import { RunId } from '@roadstead/shared/protocol/run.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { STOCK_KINDS } from '@roadstead/shared/protocol/stock.ts'
import packageJson from '../package.json' with { type: 'json' }
import { type AgentConfig, WITHOUT_TLS } from './config.ts'
import { Ledger } from './core/ledger.ts'
import { Outbox } from './core/outbox.ts'
import type { Vantage } from './core/readiness.ts'
import { StockBook } from './core/stock/stock-book.ts'
import { openDockerSocket } from './io/docker-socket.ts'
import { DockerEngine } from './io/engine.ts'
import { hostAddresses } from './io/host-facts.ts'
import { createLog } from './io/log.ts'
import { tryConnect } from './io/prober.ts'
import { Spool } from './io/spool.ts'
import { openStateDir } from './io/state-dir.ts'
import { wayTo } from './io/way-to.ts'
import { beat, Nonces } from './loops/beat.ts'
import { keepTunnel } from './loops/keep-tunnel.ts'
import { LetGo } from './loops/let-go.ts'
import { obey } from './loops/obey.ts'
import { probeReadiness } from './loops/probe-readiness.ts'
import { replaySpool } from './loops/replay-spool.ts'
import { serveDockerSocket } from './loops/serve-docker-socket.ts'
import { SnapshotRequests, tellBus } from './loops/tell-bus.ts'
import { tellStock } from './loops/tell-stock.ts'
import { watchEngine } from './loops/watch-engine.ts'
import { watchStock } from './loops/watch-stock.ts'
import { AgentState } from './state.ts'

/**
 * One agent, for one engine, here or elsewhere, until `signal` aborts. Several may run in one process:
 * nothing here is shared between them.
 *
 * @throws RoadsteadError when it cannot begin; the error of the first loop that fails.
 */
export async function runAgent(config: AgentConfig, signal: AbortSignal): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const stateDir = opened.use(await openStateDir(config.stateDir))
  const { identity, seed } = await loadIdentity(config.stateDir)
  const { site, masters, natsUrl } = identity
  const host = HostId.parse(identity.id)
  const log = createLog(config.logLevel, { role: 'agent', host })

  const certificates = config.certificates === WITHOUT_TLS ? undefined : config.certificates
  const means = { ...config, certificates }
  const { way, tunnel } = await wayTo(means, { folder: stateDir.path, clock })
  if (tunnel !== undefined) opened.use(tunnel)
  const engine = opened.use(new DockerEngine(way, () => clock.wallMs()))
  const spool = opened.use(new Spool(join(stateDir.path, 'spool'), { clock, log }))
  const bus = opened.use(connectAgentBus({ natsUrl, seed, site, id: host, clock, random, log }))
  const startedAt = new Date(clock.wallMs()).toISOString()
  const who = { host, boot: stateDir.boot, digest: sha256 }
  const parts = { ledger: new Ledger(who), book: new StockBook(who) }
  const state = new AgentState({ ...parts, outbox: new Outbox(), startedAt })
  const snapshots = new SnapshotRequests(state.news)
  const nonces = new Nonces(() => randomBytes(16).toString('hex'))
  const loops = opened.use(new Supervisor(log))

  const eyes = { engine, state, clock, random, log }
  const seen = { ...eyes, memory: stateDir, hash: stateDir.environmentHash }
  const addresses = (): readonly string[] => addressesOf(config)
  loops.run('watch engine', (stop) => {
    const probing = { connect: tryConnect, state, clock, vantage: vantageOf(config) }
    const readiness = probeReadiness(probing, stop)
    const about = { agentVersion: packageJson.version, hostName: identity.name }
    return watchEngine({ ...seen, ...about, readiness, addresses }, stop)
  })
  if (tunnel !== undefined) {
    loops.run('keep tunnel', (stop) => keepTunnel({ tunnel, state, clock, random, log }, stop))
  }
  const told = { bus, state, spool, snapshots, site, clock, random, log }
  loops.run('tell bus', (stop) => tellBus(told, stop))
  loops.run('replay spool', (stop) => replaySpool(told, stop))
  for (const of of STOCK_KINDS) loops.run(`watch ${of}`, (stop) => watchStock(eyes, of, stop))
  loops.run('tell stock', (stop) => tellStock(told, stop))
  loops.run('beat', (stop) => beat({ ...told, nonces }, stop))
  const verify = (signed: Signed): ReturnType<typeof verifySigned> => verifySigned(signed, masters)
  const { actions } = config
  loops.run('obey', (stop) =>
    obey({ ...told, engine, host, actions, nonces, stateDir, verify }, stop),
  )
  if (config.dockerSocket !== undefined && config.engine.kind === 'unix') {
    const freshHold = (): RunId => RunId.parse(randomBytes(8).toString('hex'))
    const limitMs = config.drainLimitS * 1_000
    const gate = new LetGo({ bus, engine, state, host, freshHold, limitMs, clock, log })
    const paths = { path: config.dockerSocket, enginePath: config.engine.path }
    const open = (): Promise<AsyncDisposable> =>
      openDockerSocket({ ...paths, gate, memory: stateDir, log })
    loops.run('serve docker socket', (stop) => serveDockerSocket({ open, state, clock, log }, stop))
  }
  log.info({ boot: stateDir.boot, site, engine: way.name }, 'agent ready')
  if (addresses().length === 0) {
    log.warn({ engine: way.name }, 'no address of this host is known, so nothing on it is routed')
  }

  await loops.untilStopped(signal)
  log.info({ boot: stateDir.boot }, 'agent stopping')
}

/** Where others reach published ports. The interfaces of this machine say nothing of another one. */
function addressesOf({ advertise, engine }: AgentConfig): readonly string[] {
  if (engine.kind === 'unix') return hostAddresses(advertise)
  const inside = addressInside(engine)
  return advertise.length > 0 || inside === undefined ? advertise : [inside]
}

function vantageOf(config: AgentConfig): Vantage {
  if (config.engine.kind === 'unix') return { kind: 'here' }
  return { kind: 'elsewhere', addresses: addressesOf(config) }
}

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { loadIdentity } from '@roadstead/bus/identity.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { verifySigned } from '@roadstead/bus/nkey.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { RunId } from '@roadstead/shared/protocol/run.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { STOCK_KINDS } from '@roadstead/shared/protocol/stock.ts'
import packageJson from '../package.json' with { type: 'json' }
import type { AgentConfig } from './config.ts'
import { Ledger } from './core/ledger.ts'
import { Outbox } from './core/outbox.ts'
import { StockBook } from './core/stock/stock-book.ts'
import { DockerEngine } from './io/engine.ts'
import { hostAddresses } from './io/host-facts.ts'
import { openDockerSocket } from './io/docker-socket.ts'
import { createLog } from './io/log.ts'
import { tryConnect } from './io/prober.ts'
import { Spool } from './io/spool.ts'
import { openStateDir } from './io/state-dir.ts'
import { beat, Nonces } from './loops/beat.ts'
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
 * One agent, for one engine, until `signal` aborts. Several may run in one process: nothing here is
 * shared between them.
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

  const engine = opened.use(new DockerEngine(config.engineSocket, () => clock.wallMs()))
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
  const addresses = (): readonly string[] => hostAddresses(config.advertise)
  loops.run('watch engine', (stop) => {
    const readiness = probeReadiness({ connect: tryConnect, state, clock }, stop)
    const about = { agentVersion: packageJson.version, hostName: identity.name }
    return watchEngine({ ...seen, ...about, readiness, addresses }, stop)
  })
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
  if (config.dockerSocket !== undefined) {
    const freshHold = (): RunId => RunId.parse(randomBytes(8).toString('hex'))
    const limitMs = config.drainLimitS * 1_000
    const gate = new LetGo({ bus, engine, state, host, freshHold, limitMs, clock, log })
    const paths = { path: config.dockerSocket, enginePath: config.engineSocket }
    const open = (): Promise<AsyncDisposable> =>
      openDockerSocket({ ...paths, gate, memory: stateDir, log })
    loops.run('serve docker socket', (stop) => serveDockerSocket({ open, state, clock, log }, stop))
  }
  log.info({ boot: stateDir.boot, site, engine: config.engineSocket }, 'agent ready')

  await loops.untilStopped(signal)
  log.info({ boot: stateDir.boot }, 'agent stopping')
}

import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { loadIdentity } from '@roadstead/bus/identity.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { openWith, seal } from '@roadstead/bus/sealed-box.ts'
import { renderUsers as render } from '@roadstead/bus/server-config.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import packageJson from '../package.json' with { type: 'json' }
import { apiDepsOf } from './api-deps.ts'
import { buildApi } from './api/build-api.ts'
import { allowedNames } from './api/request-source.ts'
import { loadConfig, type MasterConfig } from './config.ts'
import { defaultPolicy } from './core/routes/policy.ts'
import { ownAdminToken } from './io/admin-token.ts'
import { DecisionFile } from './io/decision-file.ts'
import { epochFile } from './io/epoch-file.ts'
import { threadedHistory } from './io/history/history.ts'
import { listen } from './io/listen.ts'
import { createLog } from './io/log.ts'
import { describeMachine, listeningAddresses, newCommandId } from './io/machine.ts'
import { NatsUsers } from './io/nats-users.ts'
import { policyFile } from './io/policy-file.ts'
import { lockState } from './io/state-lock.ts'
import { admitIdentities } from './loops/admit-identities.ts'
import { checkStreams } from './loops/check-streams.ts'
import type { PolicyFile } from './loops/import-policy.ts'
import { recallDecisions } from './loops/remember.ts'
import { createMaster } from './master.ts'
import { otherLeaderUrl } from './read-model.ts'
import { runLoops } from './run-loops.ts'

const DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))

const DAY_MS = 24 * 3_600_000

export async function main(stopped: AbortSignal): Promise<void> {
  const config = loadConfig()
  const { stateDir, bind, apiPort, natsDir } = config
  const { identity, seed } = await loadIdentity(stateDir)
  const { site, natsUrl } = identity
  const id = MasterId.parse(identity.id)
  const machine = describeMachine()
  const log = createLog({ role: 'master', master: id, instance: machine.instance }, config.logLevel)
  // Closes what was opened, last first, also when a later line throws.
  await using opened = new AsyncDisposableStack()
  opened.use(await lockState(stateDir))

  const bus = opened.use(connectMasterBus({ natsUrl, seed, site, id, clock, random, log }))
  const url = config.publicUrl ?? `http://${bind.includes(':') ? `[${bind}]` : bind}:${apiPort}`
  const self = { ...machine, site, master: id, version: packageJson.version, url }
  const decisionFile = new DecisionFile(stateDir)
  const history = opened.use(threadedHistory(join(stateDir, 'history.db'), machine.instance))
  const files = { epochFile: epochFile(stateDir), decisionFile }
  const policy = { ...defaultPolicy, loopbackHosts: config.loopbackHosts }
  const own = { ...files, history, policy, policyFile: policyFileOf(config) }
  const masters = [identity.publicKey, ...identity.masters] as const
  const box = { seal, open: openWith(seed), masters }
  const outside = { bus, ...own, sign: signWith(seed), box, newCommandId, clock, log }
  const master = createMaster(self, outside)
  await recallDecisions(decisionFile, master.state)

  const api = await buildApi(
    apiDepsOf(master, {
      identity,
      token: config.token ?? ownAdminToken(stateDir),
      names: allowedNames([...listeningAddresses(bind), new URL(url).hostname], config.apiHosts),
      dashboardDir: config.dashboardDir ?? DASHBOARD,
      isNatsOurs: natsDir !== undefined,
      metricSeries: config.metricSeries,
    }),
  )
  opened.defer(() => api.close())
  await listen(api, { host: bind, port: apiPort, variable: 'ROADSTEAD_API_PORT' })

  const loops = opened.use(new Supervisor(log))
  loops.run('verify streams', (stop) => checkStreams(bus, stop))
  runLoops(loops, master, {
    keepMs: config.historyDays * DAY_MS,
    bytesMax: config.historyMegabytes * 2 ** 20,
  })
  if (natsDir !== undefined) {
    const users = new NatsUsers(natsDir)
    const admitted = {
      users,
      render,
      site,
      state: master.state,
      position: master.position,
      clock,
      log,
    }
    loops.run('admit identities', (stop) => admitIdentities(admitted, stop))
  }
  opened.defer(() => master.feed.end('shutdown', otherLeaderUrl(master)))
  log.info({ site, url }, 'master ready')

  await loops.untilStopped(stopped)
  log.info({}, 'master stopping')
}

function policyFileOf({ policyFile: path, stateDir }: MasterConfig): PolicyFile | undefined {
  return path === undefined ? undefined : policyFile(path, stateDir)
}

if (import.meta.main) {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  try {
    await main(stop.signal)
  } catch (error) {
    const known = error instanceof RoadsteadError ? error : new RoadsteadError('internal')
    process.stderr.write(`${known.message}\n${known.remedy}\n`)
    if (known !== error) process.stderr.write(`${String(error)}\n`)
    process.exitCode = errorTable[known.code].exit
  }
  // All is closed and said; a dial to a NATS that never answers would keep the process alive.
  process.exit()
}

import path from 'node:path'
import type { Command } from 'commander'
import {
  EdgeView,
  HostView,
  listOf,
  type StatusView,
  StatusView as Status,
} from '@roadstead/shared/protocol/http.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { serversOf } from '../config.ts'
import {
  diagnoseDisk,
  diagnoseEdge,
  diagnoseEngine,
  diagnoseHost,
  diagnoseStatus,
  type Diagnosis,
  diagnosesText,
} from '../core/diagnose.ts'
import { diagnoseNamedEngine } from '../core/diagnose-engines.ts'
import { diagnoseDockerSocket, diagnoseNginx, type SocketHere } from '../core/diagnose-here.ts'
import { freeBytes } from '../io/disk.ts'
import { createEngineClient, type EngineVersion } from '../io/engine-client.ts'
import { engineOnDisk } from '../io/engine-on-disk.ts'
import { enginesIn } from '../io/engines-file.ts'
import { searchPath } from '../io/find-program.ts'
import { nginxHere } from '../io/nginx-here.ts'
import { listenerOn } from '../io/process-table.ts'
import { compareStreams } from '../up/compare-streams.ts'
import type { Run, Shell } from '../shell.ts'
import { layout } from '../up/layout.ts'
import { servedSocket } from '../up/docker-socket.ts'
import { type Format, formatOption, print } from './format.ts'

export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .summary('Check engine, NATS, masters, edges and hosts, with a remedy for what is wrong')
    .option('--engines <file>', 'also what this machine has for each engine named there')
    .addOption(formatOption())
    .action((flags: { readonly output: Format }) =>
      run(async (shell) => {
        const diagnoses = await examine(shell)
        const failed = diagnoses.some(({ level }) => level === 'fail')
        print(shell.output, flags.output, { ok: !failed, diagnoses }, (page) =>
          diagnosesText(diagnoses, page),
        )
        return failed ? 1 : 0
      }),
    )
}

/** One part that fails never keeps the others from being looked at. */
async function examine(shell: Shell): Promise<Diagnosis[]> {
  const { config } = shell
  const engine = await engineVersion(config.dockerHost).catch((error: unknown) => ({
    error: messageOf(error),
    remedy: error instanceof RoadsteadError ? error.remedy : 'Look at the log of the engine.',
  }))
  const local = [
    diagnoseEngine(engine),
    ...namedEngines(shell),
    diagnoseDockerSocket(await socketHere(shell)),
    ...diagnoseNginx(nginxHere(searchPath(shell.environment['PATH']))),
    diagnoseDisk(config.stateDir, freeBytes(config.stateDir)),
  ]
  const masters = await examineMasters(shell)
  return [...local, ...masters, ...(await examineStreams(shell))]
}

/** Those that an agent here watches by name. */
function namedEngines({ clock, config }: Shell): Diagnosis[] {
  const { engines: file, stateDir } = config
  if (file === undefined) return []
  try {
    const stateDirs = [stateDir, layout(stateDir).engines]
    return Object.entries(enginesIn(file)).flatMap(([name, engine]) => {
      const disk = engineOnDisk(name, engine, path.dirname(file), stateDirs)
      return diagnoseNamedEngine(name, engine, disk, clock.wallMs())
    })
  } catch (error) {
    if (!(error instanceof RoadsteadError)) throw error
    return [{ level: 'fail', part: 'engines', what: error.message, remedy: error.remedy }]
  }
}

/** As this terminal is told, or as the `up` of this state directory has written down. */
async function socketHere({ config }: Shell): Promise<SocketHere> {
  const socket = config.dockerSocket ?? servedSocket(layout(config.stateDir).dockerSocket)
  if (socket === undefined) return { kind: 'off' }
  try {
    await engineVersion(`unix://${socket}`)
    return { kind: 'served', path: socket }
  } catch (error) {
    return { kind: 'silent', path: socket, why: messageOf(error) }
  }
}

/** Rejects also for an address that is none, so that the other parts are still looked at. */
async function engineVersion(dockerHost: string): Promise<EngineVersion> {
  return createEngineClient(dockerHost).version()
}

async function examineMasters(shell: Shell): Promise<Diagnosis[]> {
  const { api } = shell
  const diagnoses: Diagnosis[] = []
  for (const server of serversOf(shell.config)) diagnoses.push(await examineServer(shell, server))
  try {
    const status: StatusView = await api.ask({ method: 'GET', path: '/status', answer: Status })
    const hosts = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
    const edges = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
    diagnoses.push(
      ...diagnoseStatus(status),
      ...hosts.items.flatMap((host) => diagnoseHost(host)),
      ...edges.items.flatMap((edge) => diagnoseEdge(edge)),
    )
  } catch (error) {
    const remedy =
      error instanceof RoadsteadError
        ? error.remedy
        : 'Pass --token-file; the first token is admin.token in the state directory.'
    diagnoses.push({ level: 'fail', part: 'api', what: messageOf(error), remedy })
  }
  return diagnoses
}

async function examineServer({ signal }: Shell, server: string): Promise<Diagnosis> {
  const part = `master ${server}`
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SERVER_MS_MAX)])
    const reply = await fetch(`${server}/readyz`, { signal: limit })
    if (reply.ok) return { level: 'ok', part, what: 'ready' }
    const what = `not ready: ${(await reply.text()).slice(0, 120)}`
    return { level: 'fail', part, what, remedy: 'Look at its log; it says what it waits for.' }
  } catch {
    const { port } = new URL(server)
    const holder = port === '' ? undefined : listenerOn(Number(port))
    const what =
      holder === undefined ? 'does not answer' : `does not answer; ${holder} has its port`
    return { level: 'fail', part, what, remedy: 'Start it, or name the right one with --server.' }
  }
}

const SERVER_MS_MAX = 3_000

async function examineStreams(shell: Shell): Promise<Diagnosis[]> {
  const answer = await compareStreams(layout(shell.config.stateDir).provisioner, shell)
  switch (answer.kind) {
    case 'no-identity':
      return []
    case 'as-planned':
      return [{ level: 'ok', part: 'streams', what: 'all as they should be' }]
    case 'failed':
      return [{ level: 'fail', part: 'streams', what: answer.why, remedy: answer.remedy }]
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

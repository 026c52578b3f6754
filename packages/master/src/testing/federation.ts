import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { connectEdgeBus } from '@roadstead/bus/nats/edge-bus.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import type { AgentBus, EdgeBus, MasterBus } from '@roadstead/bus/ports.ts'
import { type Open, openWith, seal } from '@roadstead/bus/sealed-box.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, HostId, InstanceId, MasterId, type SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { EdgeObject, objectContext } from '@roadstead/shared/protocol/kept-object.ts'
import type { LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import type { EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { Command } from '@roadstead/shared/protocol/command.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { NatsRig } from '../../../../test/rig/nats.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { directHistory } from '../io/history/history.ts'
import { newCommandId } from '../io/machine.ts'
import type { PolicyFile } from '../loops/import-policy.ts'
import { recallDecisions } from '../loops/remember.ts'
import { defaultPolicy } from '../core/routes/policy.ts'
import { createMaster, type Master } from '../master.ts'
import { runLoops } from '../run-loops.ts'

/** Masters in this process on a real nats-server, and the agent and the edge that they hear. */

export const HOST = HostId.parse('h1')
export const EDGE = EdgeId.parse('e1')
export const SOON = { withinMs: 10_000 }
const ANSWER_MS = 1_000

export async function startNats() {
  return NatsRig.start({
    users: [
      { role: 'master', id: 'm1' },
      { role: 'master', id: 'm2' },
      { role: 'agent', id: HOST },
      { role: 'edge', id: EDGE },
    ],
  })
}

export async function startMaster(
  nats: NatsRig,
  id: string,
  hears: (bus: MasterBus) => MasterBus = (bus) => bus,
  policyFile?: PolicyFile,
  path = ':memory:',
): Promise<Master & AsyncDisposable> {
  const { natsUrl, publicKey, seed, site } = nats.user('master', id)
  const stack = new AsyncDisposableStack()
  const master = MasterId.parse(id)
  const bus = stack.use(connectMasterBus({ natsUrl, seed, site, id: master, clock, random, log }))
  const memory = { epoch: 0, decisions: new Map<string, Decision>() }
  const instance = InstanceId.parse(`i-${newCommandId().slice(0, 8)}`)
  const self = { site, master, instance, version: '0.0.0', url: `http://${id}`, host: id, pid: 1 }
  const made = createMaster(self, {
    bus: hears(bus),
    epochFile: {
      read: async () => memory.epoch,
      write: async (epoch) => void (memory.epoch = epoch),
    },
    decisionFile: {
      read: async () => memory.decisions,
      write: async (decisions) => void (memory.decisions = new Map(decisions)),
    },
    history: directHistory(path, instance),
    sign: signWith(seed),
    box: { seal, open: openWith(seed), masters: [publicKey, ...peersOf(nats)] },
    newCommandId,
    policy: defaultPolicy,
    policyFile,
    clock,
    log,
  })
  await recallDecisions({ read: async () => memory.decisions }, made.state)
  runLoops(stack.use(new Supervisor(log)), made, { keepMs: 1e14, bytesMax: 2 ** 26 })
  return { ...made, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function peersOf(nats: NatsRig) {
  return ['m1', 'm2'].map((id) => nats.user('master', id).publicKey)
}

/** A leader and its standby, which know of two containers that are routed, and an edge that has both. */
export async function startPair(nats: NatsRig, hears?: (bus: MasterBus) => MasterBus) {
  await using stack = new AsyncDisposableStack()
  const edge = stack.use(startEdge(nats))
  const agent = stack.use(startAgent(nats))
  const leader = stack.use(await startMaster(nats, 'm1'))
  await eventually('it leads', () => epochOf(leader) === 1, SOON)
  const standby = stack.use(await startMaster(nats, 'm2', hears))
  await agent.snapshot([web(1), web(2)])
  await edge.report()
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  await eventually('the standby has them too', () => standby.read.containers().length === 2, SOON)
  const kept = stack.move()
  return { edge, agent, leader, standby, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

export function startAgent(nats: NatsRig) {
  const { natsUrl, seed, site } = nats.user('agent', HOST)
  const bus: AgentBus = connectAgentBus({ natsUrl, seed, site, id: HOST, clock, random, log })
  const stop = new AbortController()
  let seq = 0
  const next = () => exampleStamp(HOST, (seq += 1))
  const beat = (containers: readonly Container[]): void =>
    bus.beat({
      v: 1,
      stamp: exampleStamp(HOST, seq),
      stateHash: hashOf(containers),
      engine: 'answering',
      engineSince: '',
      spooled: 0,
      nonce: '0'.repeat(32),
      sentAtMs: clock.wallMs(),
      stopping: false,
    })
  return {
    next,
    beat,
    say: (data: Observation) =>
      eventually(
        'the bus takes it',
        async () => (await bus.publishEvent(envelope(data, site))).kind === 'stored',
        SOON,
      ),
    snapshot: async (containers: readonly Container[]) => {
      const snapshot = exampleSnapshot(next(), containers, { stateHash: hashOf(containers) })
      const publish = async () => (await bus.publishSnapshot(snapshot)).kind === 'stored'
      await eventually('the bus takes it', publish, SOON)
      beat(containers)
    },
    ask: (request: LetGoRequest) => bus.askToLetGo(request, ANSWER_MS),
    /** `obeyed` is called before the answer. */
    serve: (obeyed: (command: Command) => Promise<void> = async () => undefined) => {
      const verbs = new Set<string>()
      void bus.serveCommands(async ({ body }) => {
        const command = Command.parse(JSON.parse(body))
        const { id, verb } = command
        verbs.add(verb)
        await obeyed(command)
        return { kind: 'done', id, result: {} }
      }, stop.signal)
      return verbs
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await bus[Symbol.asyncDispose]()
    },
  }
}

function hashOf(containers: readonly Container[]): string {
  const hashes = containers.map((each) => [each.id, containerHash(each, sha256)] as const)
  return stateHash(new Map(hashes), sha256)
}

function envelope(data: Observation, site: SiteId): EventEnvelope {
  const { boot, host, seq } = data.stamp
  return {
    specversion: '1.0',
    id: `${host}/${boot}/${seq}`,
    source: `rs/${site}/${host}`,
    type: `rs.${data.kind}.v1`,
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    site,
    data,
  }
}

export function startEdge(nats: NatsRig) {
  const { natsUrl, publicKey, seed, site } = nats.user('edge', EDGE)
  const bus = connectEdgeBus({ natsUrl, seed, site, id: EDGE, clock, random, log })
  const open = openWith(seed)
  const stop = new AbortController()
  let newest: TableManifest | undefined
  const following = (async () => {
    for await (const signed of bus.followManifests(EDGE, stop.signal)) {
      newest = TableManifest.parse(JSON.parse(signed.body))
    }
  })()
  return {
    manifest: () => newest,
    /** What it can open of the text that the newest head names. */
    opened: async (name: string) => openedBy(newest, name, { bus, open }),
    endpoints: () =>
      (newest?.inline ?? [])
        .flatMap((text) => (text === null ? [] : [TableSlice.parse(JSON.parse(text))]))
        .flatMap(({ services }) => services.flatMap(({ endpoints }) => endpoints)).length,
    report: (changes: Partial<EdgeStatus> = {}) =>
      eventually(
        'the bus takes it',
        async () =>
          (await bus.report({ ...edgeStatus(site), publicKey, ...changes })).kind === 'stored',
        SOON,
      ),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await bus[Symbol.asyncDispose]()
      await following
    },
  }
}

async function openedBy(
  manifest: TableManifest | undefined,
  name: string,
  { bus, open }: { readonly bus: EdgeBus; readonly open: Open },
): Promise<string | undefined> {
  const mention = manifest?.objects?.find((it) => it.name === name)
  if (mention?.digest === undefined) return undefined
  const text = await bus.object(EDGE, { ...mention, digest: mention.digest })
  const { sealed } = EdgeObject.parse(JSON.parse(text ?? 'null'))
  const opened = open(sealed, objectContext(mention, EDGE))
  return opened.kind === 'opened' ? opened.plaintext : opened.kind
}

/** An edge that is quiet for every table as soon as it has it. */
export async function reportQuiet(edge: ReturnType<typeof startEdge>): Promise<void> {
  const manifest = edge.manifest()
  if (manifest === undefined) return edge.report().then(() => undefined)
  const { epoch, instance, version } = manifest
  await edge.report({ quiet: { epoch, instance, version } })
}

function edgeStatus(site: SiteId): EdgeStatus {
  return {
    v: 1,
    site,
    edge: EDGE,
    instance: InstanceId.parse('edge-life'),
    name: 'edge',
    host: HOST,
    addresses: ['192.0.2.10'],
    httpPort: 8080,
    epochMax: 0,
    outcome: { kind: 'none' },
    tier: 'reload',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: clock.wallMs(),
  }
}

export function web(number: number): Container {
  return exampleContainer(number, {
    labels: { 'roadstead.host': 'shop.example.com', 'roadstead.service': 'shop' },
  })
}

export function epochOf(master: Master): number {
  const state = master.leadership.state()
  return state.kind === 'leader' ? state.epoch : 0
}

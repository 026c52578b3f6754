import { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Stamp } from '@roadstead/shared/protocol/stamp.ts'

/** Containers and hosts as tests and benchmarks want them: plausible, and different where asked. */

export function exampleId(number: number): ContainerId {
  return ContainerId.parse(number.toString(16).padStart(64, '0'))
}

/** Runs, accepts on port 80, and is on the bridge of its host. */
export function exampleContainer(number: number, changes: Partial<Container> = {}): Container {
  return {
    id: exampleId(number),
    name: `c${number}`,
    image: { reference: 'shop:2', id: 'sha256:1f', digests: [] },
    labels: {},
    inheritedLabels: {},
    state: 'running',
    health: 'none',
    stopping: false,
    exitCode: 0,
    restartCount: 0,
    networkMode: 'bridge',
    attachments: [exampleAttachment(number)],
    ports: [{ port: 80, protocol: 'tcp', exposed: true, published: [] }],
    accepting: [80],
    mounts: [],
    createdAt: '2026-01-01T00:00:00Z',
    startedAt: '2026-01-01T00:00:01Z',
    restartPolicy: 'no',
    stopSignal: 'SIGTERM',
    stopGraceMs: 10_000,
    environmentNames: ['PATH'],
    environmentHash: '0123456789abcdef',
    routingEnvironment: {},
    ...changes,
  }
}

export function exampleAttachment(number: number): Container['attachments'][number] {
  const address = `172.17.${(number >> 8) & 255}.${number & 255}`
  return { network: 'bridge', networkId: 'net-bridge', address, aliases: [] }
}

export function exampleFacts(name: string, changes: Partial<HostFacts> = {}): HostFacts {
  return {
    name,
    os: 'Debian GNU/Linux 12',
    kernel: '6.1.0',
    architecture: 'x86_64',
    cpus: 2,
    memoryBytes: 4_294_967_296,
    addresses: ['192.0.2.10'],
    engine: {
      id: `engine-${name}`,
      version: '27.0.0',
      apiVersion: '1.46',
      storageDriver: 'overlay2',
      liveRestore: true,
    },
    agentVersion: '0.1.0',
    ...changes,
  }
}

export const exampleNetworks: readonly Network[] = [
  {
    id: 'net-bridge',
    name: 'bridge',
    driver: 'bridge',
    scope: 'local',
    internal: false,
    subnets: ['172.17.0.0/16'],
  },
]

export function exampleStamp(host: string, seq: number, boot = 1): Stamp {
  return { host: HostId.parse(host), boot, seq }
}

export function exampleSnapshot(
  stamp: Stamp,
  containers: readonly Container[],
  changes: Partial<Snapshot> = {},
): Snapshot {
  return {
    kind: 'snapshot',
    stamp,
    facts: exampleFacts(stamp.host),
    networks: [...exampleNetworks],
    containers: [...containers],
    stateHash: '0123456789abcdef',
    cause: exampleCause,
    ...changes,
  }
}

export function exampleSeen(stamp: Stamp, container: Container): Observation {
  return { kind: 'container-seen', stamp, container, cause: exampleCause }
}

export function exampleGone(stamp: Stamp, containerId: ContainerId): Observation {
  return { kind: 'container-gone', stamp, containerId, name: 'gone', cause: exampleCause }
}

const exampleCause = { action: 'start', seenAtMs: 0 }

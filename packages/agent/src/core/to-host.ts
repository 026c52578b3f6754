import { IpAddress } from '@roadstead/shared/protocol/container.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import { NETWORKS_PER_HOST_MAX } from '@roadstead/shared/protocol/host.ts'
import { byText, cut } from './bounded.ts'
import type { InfoJson, NetworkJson, VersionJson } from './engine-json.ts'

const ADDRESSES_MAX = 32
const SUBNETS_MAX = 16
const TEXT_MAX = 1_024

/** What the engine says of its machine, with what the agent adds. */
export function toHostFacts(
  info: InfoJson,
  version: VersionJson & { readonly spoken: string },
  agent: {
    readonly addresses: readonly string[]
    readonly version: string
    /** Under which it was enrolled; empty to use the machine's own. */
    readonly name?: string
  },
): HostFacts {
  return {
    name: cut(agent.name || info.Name, TEXT_MAX),
    os: cut(info.OperatingSystem, TEXT_MAX),
    kernel: cut(info.KernelVersion, TEXT_MAX),
    architecture: cut(info.Architecture, 32),
    cpus: Math.max(0, info.NCPU),
    memoryBytes: Math.max(0, info.MemTotal),
    addresses: agent.addresses
      .filter((address) => IpAddress.safeParse(address).success)
      .slice(0, ADDRESSES_MAX),
    engine: {
      id: cut(info.ID, TEXT_MAX),
      version: cut(version.Version, 64),
      apiVersion: cut(version.spoken, 16),
      storageDriver: cut(info.Driver, TEXT_MAX),
      liveRestore: info.LiveRestoreEnabled,
    },
    agentVersion: cut(agent.version, 32),
  }
}

export function toNetworks(networks: readonly NetworkJson[]): Network[] {
  return networks
    .map((it) => ({
      id: cut(it.Id, 128),
      name: cut(it.Name, TEXT_MAX),
      driver: cut(it.Driver, 64),
      scope: cut(it.Scope, 16),
      internal: it.Internal,
      subnets: (it.IPAM?.Config ?? [])
        .map(({ Subnet }) => cut(Subnet, 64))
        .filter((subnet) => subnet !== '')
        .slice(0, SUBNETS_MAX),
    }))
    .sort((a, b) => byText(a.id, b.id))
    .slice(0, NETWORKS_PER_HOST_MAX)
}

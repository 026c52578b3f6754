import type { VolumesOfHost, VolumeView } from '@roadstead/shared/protocol/http-stock.ts'
import type { Volume } from '@roadstead/shared/protocol/stock.ts'
import { compareText, nameOf } from '../graph/select.ts'
import { stockHosts, type StockHost, type StockScene } from '../graph/stock-host.ts'

export interface VolumeQuery {
  /** Name or id of one host. */
  readonly host?: string | undefined
  /** Only those that no container mounts. */
  readonly unused?: boolean | undefined
}

export interface VolumeViews {
  readonly volumes: readonly VolumeView[]
  readonly hosts: readonly VolumesOfHost[]
}

/** A volume is on one host, so the same name on two is two. By host, then by name. */
export function volumeViews(scene: StockScene, query: VolumeQuery = {}): VolumeViews {
  const { stock } = scene
  const hosts = stockHosts(scene, query.host)
  const volumes = hosts.flatMap((host) => {
    const mounts = mountsByVolume(host)
    return stock
      .volumes(host.id)
      .map((volume) => viewOf(host, volume, mounts.get(volume.name) ?? []))
      .filter(({ unused }) => query.unused !== true || unused)
      .sort((a, b) => compareText(a.name, b.name))
  })
  const sums = hosts.map((host): VolumesOfHost => {
    const untold = stock.untold(host.id, 'volumes')
    const about = { host: host.id, hostName: host.name, complete: host.isComplete('volumes') }
    return { ...about, untold, volumes: stock.volumes(host.id).length + untold }
  })
  return { volumes, hosts: sums }
}

type User = VolumeView['containers'][number]

function mountsByVolume(host: StockHost): ReadonlyMap<string, readonly User[]> {
  const users = [...(host.node?.containers.values() ?? [])].flatMap((container) =>
    container.mounts
      .filter(({ kind }) => kind === 'volume')
      .map(({ source, target, writable }) => {
        const path = `${host.name}/${nameOf(container)}`
        const user = { container: container.id, path, state: container.state, target, writable }
        return { source, user }
      }),
  )
  const bySource = Map.groupBy(users, ({ source }) => source)
  return new Map(
    Array.from(bySource, ([source, all]) => [source, all.map(({ user }) => user).sort(byPath)]),
  )
}

function viewOf(host: StockHost, volume: Volume, users: readonly User[]): VolumeView {
  return {
    host: host.id,
    hostName: host.name,
    ...volume,
    anonymous: /^[0-9a-f]{64}$/.test(volume.name),
    containers: [...users],
    unused: users.length === 0 && host.node !== undefined,
  }
}

function byPath(a: User, b: User): number {
  return compareText(a.path, b.path) || compareText(a.target, b.target)
}

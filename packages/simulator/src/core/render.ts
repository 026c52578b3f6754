import {
  type Container,
  exposedKeys,
  type Image,
  isAlive,
  labelsOf,
  type Network,
  type Volume,
} from './model.ts'

const NEVER = '0001-01-01T00:00:00Z'

/** Names and shapes follow Engine API 1.41; what Roadstead does not read is left out. */
export function inspectJson(container: Container): object {
  const { request, image } = container
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Created: container.createdAt,
    Image: image.id,
    RestartCount: container.restartCount,
    State: {
      Status: container.state,
      Running: isAlive(container),
      Paused: container.state === 'paused',
      ExitCode: container.exitCode,
      StartedAt: container.startedAt ?? NEVER,
      FinishedAt: container.finishedAt ?? NEVER,
      ...(container.health === undefined
        ? {}
        : { Health: { Status: container.health, FailingStreak: 0, Log: null } }),
    },
    Config: {
      Image: request.Image,
      Labels: labelsOf(container),
      Env: [...image.env, ...request.Env],
      ExposedPorts: Object.fromEntries(exposedKeys(container).map((key) => [key, {}])),
      ...(request.StopSignal ? { StopSignal: request.StopSignal } : {}),
      ...(request.StopTimeout ? { StopTimeout: request.StopTimeout } : {}),
    },
    HostConfig: {
      NetworkMode: request.HostConfig?.NetworkMode || 'default',
      RestartPolicy: { Name: request.HostConfig?.RestartPolicy?.Name ?? '' },
      PortBindings: request.HostConfig?.PortBindings ?? {},
    },
    NetworkSettings: { Ports: portsJson(container), Networks: networksJson(container) },
    Mounts: mountsJson(container),
  }
}

export function listedJson(container: Container): object {
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.request.Image,
    ImageID: container.image.id,
    Labels: labelsOf(container),
    State: container.state,
    Status: status(container),
    NetworkSettings: { Networks: networksJson(container) },
  }
}

export function imageJson(image: Image): object {
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: [],
    Created: image.createdAt,
    Os: 'linux',
    Architecture: 'amd64',
    Size: image.bytes,
    Config: {
      Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
      Env: image.env,
      ExposedPorts: Object.fromEntries(image.exposedPorts.map((key) => [key, {}])),
    },
    RootFS: { Type: 'layers', Layers: image.layers },
  }
}

/** An image without a name has one that says so, in a list and nowhere else. */
export function listedImageJson({ id, tags, labels, bytes, createdAt }: Image): object {
  return {
    Id: id,
    ParentId: '',
    RepoTags: tags.length === 0 ? ['<none>:<none>'] : tags,
    RepoDigests: tags.length === 0 ? ['<none>@<none>'] : null,
    Created: Math.floor(Date.parse(createdAt) / 1_000),
    Size: bytes,
    VirtualSize: bytes,
    SharedSize: -1,
    Containers: -1,
    Labels: Object.keys(labels).length === 0 ? null : labels,
  }
}

/** The newest line first; layers below the last one have nothing in them. */
export function historyJson({ id, tags, layers, bytes, createdAt }: Image): object[] {
  return layers.toReversed().map((_, at) => ({
    Id: at === 0 ? id : '<missing>',
    Created: Math.floor(Date.parse(createdAt) / 1_000),
    CreatedBy: '',
    Tags: at === 0 ? tags : null,
    Size: at === 0 ? bytes : 0,
    Comment: '',
  }))
}

export function volumeJson({ name, createdAt, labels }: Volume): object {
  return {
    Name: name,
    Driver: 'local',
    Mountpoint: `/simulated/volumes/${name}/_data`,
    CreatedAt: createdAt,
    Labels: Object.keys(labels).length === 0 ? null : labels,
    Options: null,
    Scope: 'local',
  }
}

export function networkJson(network: Network): object {
  return {
    Id: network.id,
    Name: network.name,
    Driver: network.driver,
    Scope: 'local',
    Internal: false,
    IPAM: { Driver: 'default', Config: network.subnet === '' ? [] : [{ Subnet: network.subnet }] },
  }
}

function mountsJson({ request }: Container): object[] {
  const mounts = request.HostConfig?.Mounts ?? []
  return mounts.map(({ Source, Target, ReadOnly }) => ({
    Type: 'volume',
    Name: Source,
    Source: `/simulated/volumes/${Source}/_data`,
    Destination: Target,
    Driver: 'local',
    RW: !ReadOnly,
  }))
}

/** A stopped container has no ports; an exposed port that is not published shows as null. */
function portsJson(container: Container): object {
  if (!isAlive(container)) return {}
  const entries = exposedKeys(container).map((key) => {
    const published = container.published[key] ?? []
    const bindings = published.map((it) => ({ HostIp: it.address, HostPort: String(it.port) }))
    return [key, bindings.length === 0 ? null : bindings]
  })
  return Object.fromEntries(entries)
}

function networksJson(container: Container): object {
  const entries = container.networks.map(({ network, aliases }) => [
    network.name,
    {
      NetworkID: network.id,
      IPAddress: isAlive(container) && network.driver === 'bridge' ? container.address : '',
      GlobalIPv6Address: '',
      Aliases: aliases.length === 0 ? null : aliases,
    },
  ])
  return Object.fromEntries(entries)
}

function status(container: Container): string {
  switch (container.state) {
    case 'created':
      return 'Created'
    case 'exited':
      return `Exited (${container.exitCode}) a moment ago`
    case 'paused':
      return 'Up a moment (Paused)'
    case 'running':
      return container.health === undefined
        ? 'Up a moment'
        : `Up a moment (${healthWords(container)})`
  }
}

function healthWords({ health }: Container): string {
  return health === 'starting' ? 'health: starting' : String(health)
}

import {
  type Container,
  exposedKeys,
  type Image,
  isAlive,
  labelsOf,
  type Network,
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
    Mounts: [],
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
    RepoTags: [image.reference],
    RepoDigests: [],
    Config: {
      Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
      Env: image.env,
      ExposedPorts: Object.fromEntries(image.exposedPorts.map((key) => [key, {}])),
    },
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

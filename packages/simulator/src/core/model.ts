import type { Behaviour, CreateRequest } from './create-request.ts'

export interface Image {
  readonly id: string
  /** As in `shop:2`; none once another image has taken its last name. */
  readonly tags: readonly string[]
  readonly createdAt: string
  readonly bytes: number
  /** The lowest first; the last one has all its bytes. */
  readonly layers: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly exposedPorts: readonly string[]
  readonly env: readonly string[]
}

export interface Volume {
  readonly name: string
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Network {
  readonly id: string
  readonly name: string
  readonly driver: string
  readonly subnet: string
}

export type State = 'created' | 'running' | 'paused' | 'exited'
export type Health = 'starting' | 'healthy' | 'unhealthy'

/** A container as the simulated engine keeps it. `null` address: not attached while it rests. */
export interface Container {
  readonly id: string
  readonly name: string
  readonly request: CreateRequest
  readonly behaviour: Behaviour
  readonly image: Image
  readonly createdAt: string
  readonly state: State
  readonly health: Health | undefined
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  readonly exitCode: number
  readonly restartCount: number
  /** Its own loopback address: what listens there can be reached from this machine. */
  readonly address: string
  readonly networks: readonly { readonly network: Network; readonly aliases: readonly string[] }[]
  /** Ports as published now, with the ones that the engine chose filled in. */
  readonly published: Readonly<Record<string, readonly { address: string; port: number }[]>>
}

export function isAlive(container: Container): boolean {
  return container.state === 'running' || container.state === 'paused'
}

/** All labels, as an engine shows them: those of the image under those of the container. */
export function labelsOf(container: Container): Record<string, string> {
  return { ...container.image.labels, ...container.request.Labels }
}

export function exposedKeys(container: Container): string[] {
  const bindings = container.request.HostConfig?.PortBindings ?? {}
  const keys = [
    ...container.image.exposedPorts,
    ...Object.keys(container.request.ExposedPorts),
    ...Object.keys(bindings),
  ]
  return [...new Set(keys)].sort()
}

/** TCP ports that its program listens on. */
export function listeningPorts(container: Container): readonly number[] {
  const exposed = exposedKeys(container)
    .filter((key) => !key.endsWith('/udp'))
    .map((key) => Number(key.split('/')[0]))
  return container.behaviour.ports ?? exposed
}

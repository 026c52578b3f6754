import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { Container, ContainerState } from '@roadstead/shared/protocol/container.ts'
import { bounded, byText, cut } from './bounded.ts'
import type { ImageJson, InspectJson } from './engine-json.ts'
import { describeEnvironment, type KeyedHash } from './environment.ts'
import { composeNames, isNeededLabel, splitLabels } from './labels.ts'
import { containerPorts } from './ports.ts'

/** Docker's own default between the stop signal and the kill. */
const STOP_GRACE_MS = 10_000
/** A grace of -1 means "wait for ever"; a day is that, and still a number. */
const STOP_GRACE_MAX_MS = 86_400_000
/** How Go writes a time that was never set. */
const NEVER = '0001-01-01T00:00:00Z'
/** Half of an event: the envelope, the cause and later fields always find room. */
const CONTAINER_BYTES_MAX = EVENT_BYTES_MAX / 2

const STATES: Readonly<Record<string, ContainerState>> = {
  created: 'created',
  running: 'running',
  paused: 'paused',
  restarting: 'restarting',
  removing: 'removing',
  exited: 'exited',
  dead: 'dead',
  // Podman's own words.
  configured: 'created',
  initialized: 'created',
  stopped: 'exited',
  stopping: 'running',
}

const MOUNT_KINDS = ['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'] as const

/**
 * Turns one inspection into what the masters may know. `stopping` and `accepting` are the agent's own
 * findings and are filled in by whoever keeps them.
 *
 * @param image the image it runs from, to tell inherited labels from own ones; undefined when the
 *   engine has the image no more, and then every label counts as the container's.
 */
export function toContainer(
  inspect: InspectJson,
  image: ImageJson | undefined,
  hash: KeyedHash,
): Container {
  const { Config, HostConfig, State } = inspect
  const labels = splitLabels(Config.Labels, image?.Config?.Labels ?? {})
  return fitted({
    id: inspect.Id,
    name: cut(inspect.Name.replace(/^\//, ''), 256),
    image: {
      reference: cut(Config.Image),
      id: cut(inspect.Image),
      digests: bounded((image?.RepoDigests ?? []).map((digest) => cut(digest)).sort(byText)),
    },
    labels: labels.own,
    inheritedLabels: labels.inherited,
    state: STATES[State.Status] ?? (State.Running ? 'running' : 'exited'),
    health: health(State.Health?.Status),
    stopping: false,
    exitCode: State.ExitCode,
    restartCount: Math.max(0, inspect.RestartCount),
    networkMode: cut(HostConfig.NetworkMode),
    attachments: attachments(inspect),
    ports: containerPorts(inspect),
    accepting: [],
    mounts: mounts(inspect),
    ...composeNames(Config.Labels),
    createdAt: cut(inspect.Created),
    ...(isTime(State.StartedAt) ? { startedAt: cut(State.StartedAt) } : {}),
    ...(isTime(State.FinishedAt) ? { finishedAt: cut(State.FinishedAt) } : {}),
    restartPolicy: cut(HostConfig.RestartPolicy?.Name || 'no'),
    stopSignal: cut(Config.StopSignal || 'SIGTERM'),
    stopGraceMs: stopGraceMs(Config.StopTimeout),
    ...describeEnvironment(Config.Env, image?.Config?.Env ?? [], hash),
  })
}

function health(status: string | undefined): Container['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none'
}

function stopGraceMs(seconds: number | null | undefined): number {
  if (seconds === null || seconds === undefined) return STOP_GRACE_MS
  return seconds < 0 ? STOP_GRACE_MAX_MS : Math.min(seconds * 1_000, STOP_GRACE_MAX_MS)
}

function isTime(value: string): boolean {
  return value !== '' && value !== NEVER
}

function attachments(inspect: InspectJson): Container['attachments'] {
  const list = Object.entries(inspect.NetworkSettings.Networks)
    .sort(([a], [b]) => byText(a, b))
    .map(([network, it]) => ({
      network: cut(network),
      networkId: cut(it.NetworkID),
      ...(it.IPAddress === undefined ? {} : { address: it.IPAddress }),
      ...(it.GlobalIPv6Address === undefined ? {} : { address6: it.GlobalIPv6Address }),
      aliases: bounded(it.Aliases.map((alias) => cut(alias)).sort(byText)),
    }))
  return bounded(list)
}

function mounts(inspect: InspectJson): Container['mounts'] {
  const list = inspect.Mounts.map((it) => ({
    kind: MOUNT_KINDS.find((kind) => kind === it.Type) ?? ('other' as const),
    source: cut(it.Type === 'volume' && it.Name !== '' ? it.Name : it.Source),
    target: cut(it.Destination),
    writable: it.RW,
  }))
  return bounded(list.sort((a, b) => byText(a.target, b.target)))
}

/**
 * Docker sets no limit to labels, mounts and names, a message has one. What nothing depends on is left
 * out of a container that is too large; its routes and its state always pass.
 */
function fitted(container: Container): Container {
  const text = JSON.stringify(container)
  // As a rule it is far from too large, and then its bytes need not be counted.
  const isSmall = BYTES_PER_UNIT_MAX * text.length <= CONTAINER_BYTES_MAX
  if (isSmall || bytesOf(text) <= CONTAINER_BYTES_MAX) return container
  return {
    ...container,
    labels: onlyNeeded(container.labels),
    inheritedLabels: {},
    mounts: [],
    environmentNames: [],
    attachments: container.attachments.map((it) => ({ ...it, aliases: [] })),
    image: { ...container.image, digests: [] },
  }
}

/** As many routing labels as a container may use at all, from the start of the alphabet. */
function onlyNeeded(labels: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {}
  let room = CONTAINER_BYTES_MAX / 2
  for (const [key, value] of Object.entries(labels)) {
    room -= bytesOf(JSON.stringify([key, value]))
    if (room < 0) break
    if (isNeededLabel(key)) kept[key] = value
  }
  return kept
}

/** Of UTF-8, for each unit of a string. */
const BYTES_PER_UNIT_MAX = 3

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

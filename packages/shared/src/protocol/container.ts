import { z } from 'zod'
import { ContainerId, ShortHash } from '../kernel/ids.ts'
import { LABELS_CARRIED_MAX, LIST_PER_CONTAINER_MAX } from '../kernel/limits.ts'

const Text = z.string().max(4_096)
const list = <Item extends z.ZodType>(item: Item) => z.array(item).max(LIST_PER_CONTAINER_MAX)

export const Port = z.int().min(1).max(65_535)
export type Port = z.infer<typeof Port>

export const IpAddress = z.union([z.ipv4(), z.ipv6()])

/** A port of the container, and where the engine publishes it on the host, if anywhere. */
export const ContainerPort = z.object({
  port: Port,
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  /** Declared by EXPOSE or by the run command. */
  exposed: z.boolean(),
  /** Empty when not published. `address` is the address bound on the host, `0.0.0.0` for all. */
  published: list(z.object({ address: IpAddress, port: Port })),
})
export type ContainerPort = z.infer<typeof ContainerPort>

export const Attachment = z.object({
  /** Name of the network; for people. */
  network: Text,
  /** The engine's id of the network; joins it to `Network`. Empty while not connected. */
  networkId: Text,
  address: IpAddress.optional(),
  address6: IpAddress.optional(),
  aliases: list(Text),
})
export type Attachment = z.infer<typeof Attachment>

export const Mount = z.object({
  kind: z.enum(['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image', 'other']),
  /** Volume name or path on the host. */
  source: Text,
  target: Text,
  writable: z.boolean(),
})

export const ContainerState = z.enum([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
])
export type ContainerState = z.infer<typeof ContainerState>

/**
 * What the masters know of a container. Values of environment variables, the command line and health
 * output never leave the host: only names, one keyed hash of the whole environment (the key stays
 * on the host), and the values of the allow-listed routing variables.
 */
export const Container = z.object({
  id: ContainerId,
  name: Text,
  image: z.object({
    /** What was asked for, for example `shop:2`. */
    reference: Text,
    id: Text,
    digests: list(Text),
  }),
  /** Labels set on the container. */
  labels: z.record(z.string().max(256), Text).refine(isBounded),
  /** Labels that only repeat its image's: the publisher's words, not the operator's. */
  inheritedLabels: z.record(z.string().max(256), Text).refine(isBounded),
  state: ContainerState,
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  /** The stop signal was sent: it is about to die and must get no new request. */
  stopping: z.boolean(),
  exitCode: z.int(),
  restartCount: z.int().nonnegative(),
  networkMode: Text,
  attachments: list(Attachment),
  ports: list(ContainerPort),
  /** Ports that accepted a TCP connection from the agent in this run of the container. */
  accepting: list(Port),
  /**
   * Ports that its agent has no way to, since the engine is on another machine and they are not published.
   * Whether anything answers there is left to the checks of edges that do have one.
   */
  untried: list(Port).optional(),
  mounts: list(Mount),
  project: Text.optional(),
  composeService: Text.optional(),
  /** Times as the engine gives them (RFC 3339), for people. */
  createdAt: Text,
  startedAt: Text.optional(),
  finishedAt: Text.optional(),
  restartPolicy: Text,
  stopSignal: Text,
  stopGraceMs: z.int().nonnegative(),
  environmentNames: list(Text),
  environmentHash: ShortHash,
  /** Values of the allow-listed routing variables only. */
  routingEnvironment: z.record(z.string().max(64), Text),
  /** Names of those that only repeat the environment of its image; none when absent. */
  inheritedEnvironment: list(z.string().max(64)).optional(),
})
export type Container = z.infer<typeof Container>

function isBounded(labels: Record<string, string>): boolean {
  return Object.keys(labels).length <= LABELS_CARRIED_MAX
}

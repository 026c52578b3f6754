import type { EdgeId, HostId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX, PART_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'

/**
 * Every subject that Roadstead uses. A site is part of each one, so sites can be joined without any
 * mapping. Ids are single tokens by their schema; nothing else is ever put into a subject.
 */
export const eventSubject = (
  site: SiteId,
  host: HostId,
  { data, more }: Pick<EventEnvelope, 'data' | 'more'>,
): string => `rs.v1.evt.${site}.${host}.${more === undefined ? topicOf(data) : 'many.said'}`

export const snapshotSubject = (site: SiteId, host: HostId, part: number): string =>
  `rs.v1.snap.${site}.${host}.${part}`

export const stockSubject = (
  site: SiteId,
  host: HostId,
  { of, slice }: Pick<StockSlice, 'of' | 'slice'>,
): string => `rs.v1.fact.${site}.${host}.${of}.${slice}`

export const heartbeatSubject = (site: SiteId, host: HostId): string => `rs.v1.hb.${site}.${host}`

export const commandSubject = (site: SiteId, host: HostId): string => `rs.v1.cmd.${site}.${host}`

/** Where an agent asks whether a container may be touched. */
export const askSubject = (site: SiteId, host: HostId): string => `rs.v1.ask.${site}.${host}`

/** All of them, for whoever answers. */
export const everyAskSubject = (site: SiteId): string => `rs.v1.ask.${site}.*`

export const edgeStatusSubject = (site: SiteId, edge: EdgeId): string =>
  `rs.v1.edge.${site}.${edge}.status`

export const requestsSubject = (site: SiteId, edge: EdgeId): string => `rs.v1.req.${site}.${edge}`

/** All of them, for whoever adds them up. */
export const everyRequestsSubject = (site: SiteId): string => `rs.v1.req.${site}.*`

/** Where a master asks the others about the past. */
export const pastSubject = (site: SiteId, master: MasterId): string =>
  `rs.v1.past.${site}.${master}`

/** All of them, for whoever answers. */
export const everyPastSubject = (site: SiteId): string => `rs.v1.past.${site}.*`

/** Where the control stream keeps a key, and where the server repeats each write of it. */
export const controlSubject = (key: string): string => `${CONTROL_PREFIX}${key}`
export const republishedSubject = (key: string): string => `rs.v1.ctl.${key}`

export const CONTROL_PREFIX = '$KV.CTL.'

interface SubjectEntry {
  readonly subject: string
  readonly delivery: 'core' | 'core request' | `JetStream ${string}` | 'core, repeated by KV_CTL'
  readonly publishers: string
  readonly subscribers: string
  readonly content: string
  readonly bytesMax: number
}

/** A heartbeat has about 400 bytes; more means that something else uses the subject. */
const HEARTBEAT_BYTES_MAX = 4 * 1024
/** A signed command has about 700 bytes, a question less; what is longer is not even parsed. */
export const QUESTION_BYTES_MAX = 4 * 1024
/** The server's own limit on a message, `max_payload`. */
const PAYLOAD_BYTES_MAX = 1024 * 1024

/** The list of them all; documentation and the permission test read it. */
export const subjectTable: readonly SubjectEntry[] = [
  {
    subject: 'rs.v1.evt.<site>.<host>.<thing>.<verb>',
    delivery: 'JetStream EVT',
    publishers: 'agent of the host',
    subscribers: 'masters',
    content: 'EventEnvelope: one observation or news; a busy agent says many.said, with several',
    bytesMax: EVENT_BYTES_MAX,
  },
  {
    subject: 'rs.v1.snap.<site>.<host>.<part>',
    delivery: 'JetStream SNAP',
    publishers: 'agent of the host',
    subscribers: 'masters',
    content: 'SnapshotPart: the whole host, gzipped and cut',
    bytesMax: PART_BYTES_MAX,
  },
  {
    subject: 'rs.v1.fact.<site>.<host>.<kind>.<slice>',
    delivery: 'JetStream FACT',
    publishers: 'agent of the host',
    subscribers: 'masters',
    content: 'StockSlice: one slice of its images or volumes, whole',
    bytesMax: EVENT_BYTES_MAX,
  },
  {
    subject: 'rs.v1.hb.<site>.<host>',
    delivery: 'core',
    publishers: 'agent of the host',
    subscribers: 'masters',
    content: 'Heartbeat',
    bytesMax: HEARTBEAT_BYTES_MAX,
  },
  {
    subject: 'rs.v1.cmd.<site>.<host>',
    delivery: 'core request',
    publishers: 'masters',
    subscribers: 'agent of the host',
    content: 'Signed command, answered by CommandReply',
    bytesMax: QUESTION_BYTES_MAX,
  },
  {
    subject: 'rs.v1.ask.<site>.<host>',
    delivery: 'core request',
    publishers: 'agent of the host',
    subscribers: 'masters; the leader answers',
    content: 'LetGoRequest, answered by LetGoReply',
    bytesMax: QUESTION_BYTES_MAX,
  },
  {
    subject: 'rs.v1.past.<site>.<master>',
    delivery: 'core request',
    publishers: 'the master',
    subscribers: 'other masters',
    content: 'PastQuestion about the change log, answered by PastReply of 256 KiB as a rule',
    bytesMax: QUESTION_BYTES_MAX,
  },
  {
    subject: '$KV.CTL.<key>',
    delivery: 'JetStream KV_CTL',
    publishers: 'the leader',
    subscribers: 'masters',
    content: 'lease, decisions (d.), table heads (t.), slices (p.) and sealed objects (o.)',
    bytesMax: PAYLOAD_BYTES_MAX,
  },
  {
    subject: 'rs.v1.ctl.<key>',
    delivery: 'core, repeated by KV_CTL',
    publishers: 'nats-server',
    subscribers: 'edge: its own t. and p. keys; masters: lease',
    content: 'the same text at the moment it is stored',
    bytesMax: PAYLOAD_BYTES_MAX,
  },
  {
    subject: 'rs.v1.edge.<site>.<edge>.status',
    delivery: 'JetStream EDGE',
    publishers: 'the edge',
    subscribers: 'masters',
    content: 'EdgeStatus',
    bytesMax: EVENT_BYTES_MAX,
  },
  {
    subject: 'rs.v1.req.<site>.<edge>',
    delivery: 'core',
    publishers: 'the edge',
    subscribers: 'masters',
    content: 'RequestReport',
    bytesMax: EVENT_BYTES_MAX,
  },
]

function topicOf(observation: Observation): string {
  switch (observation.kind) {
    case 'container-seen':
      return 'container.seen'
    case 'container-gone':
      return 'container.gone'
    case 'host-seen':
      return 'host.seen'
    case 'news':
      return `news.${observation.news.type}`
    default:
      return unreachable(observation)
  }
}

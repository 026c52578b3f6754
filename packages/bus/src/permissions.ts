import type { PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { IdentityRole } from '@roadstead/shared/protocol/decision.ts'

/**
 * Who may say and hear what. Each list is complete: what is not on it is denied by the server. No
 * role may delete or purge a stream, make a durable consumer, or make a consumer without a filter in
 * its subject (that one reads everything). Agents and edges get no consumer at all, because the server
 * does not check where a consumer delivers to.
 *
 * Replies are not checked by any server: an agent can have its acknowledgement sent to any subject.
 * So a message on a command subject proves nothing; commands and tables carry signatures. In the control
 * stream it costs what stood there: the lease is claimed anew in an epoch above, a head or a decision is
 * written again by the leader, and edges go on with what they have.
 */
export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  /**
   * For so long it may answer what it was asked, once, on whatever reply subject the question carried.
   * `answerOver` answers on the inboxes of those who may ask, and nowhere else. Undefined: never.
   */
  readonly replyWithinS: number | undefined
}

/**
 * How long after a question its answer is let through. An agent is told to restart a container, ends it
 * within `STOP_GRACE_MS_MAX`, starts it and answers; that has to fit, with room for a slow engine. A
 * master is asked by agents who wait a second at most, and by other masters, who ask again.
 */
export const REPLY_WITHIN_S = { agent: 120, master: 2 } as const

/** Roles on the bus: those that are enrolled, the one-time creator of streams, and a reader. */
export type BusRole = IdentityRole | 'provisioner' | 'observer'

export interface BusUser {
  readonly role: BusRole
  /** Host id, edge id, master id, or any token for the other two. */
  readonly id: string
  readonly site: SiteId
  readonly publicKey: PublicKey
}

export function permissionsOf({ role, id, site }: Omit<BusUser, 'publicKey'>): Permissions {
  const inbox = `${inboxPrefixOf(role, id)}.>`
  switch (role) {
    case 'agent':
      return {
        publish: [
          `rs.v1.evt.${site}.${id}.>`,
          `rs.v1.snap.${site}.${id}.>`,
          `rs.v1.fact.${site}.${id}.>`,
          `rs.v1.hb.${site}.${id}`,
          `rs.v1.ask.${site}.${id}`,
        ],
        subscribe: [`rs.v1.cmd.${site}.${id}`, inbox],
        replyWithinS: REPLY_WITHIN_S.agent,
      }
    case 'edge':
      return {
        publish: [
          `$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.t.${site}.${id}`,
          `$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.p.${site}.${id}.*`,
          `$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.o.${site}.${id}.*.*`,
          `rs.v1.edge.${site}.${id}.status`,
          `rs.v1.req.${site}.${id}`,
        ],
        subscribe: [`rs.v1.ctl.t.${site}.${id}`, `rs.v1.ctl.p.${site}.${id}.*`, inbox],
        replyWithinS: undefined,
      }
    case 'master':
      return masterPermissions(site, id, inbox)
    case 'provisioner':
      return {
        publish: ['$JS.API.INFO', '$JS.API.STREAM.CREATE.*', '$JS.API.STREAM.INFO.*'],
        subscribe: [inbox],
        replyWithinS: undefined,
      }
    case 'observer':
      return {
        // Not all of the control stream: hashes of tokens are there too.
        publish: [
          '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.lease',
          `$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.t.${site}.*`,
        ],
        subscribe: ['rs.v1.ctl.lease', `rs.v1.ctl.t.${site}.*`, `rs.v1.hb.${site}.*`, inbox],
        replyWithinS: undefined,
      }
    default:
      return unreachable(role)
  }
}

/** Where a role's replies arrive. Nobody can listen on another's: the id is part of the prefix. */
export function inboxPrefixOf(role: BusRole, id: string): string {
  return `_INBOX.${INBOX_LETTER[role]}.${id}`
}

const INBOX_LETTER: Readonly<Record<BusRole, string>> = {
  agent: 'a',
  edge: 'e',
  master: 'm',
  provisioner: 'p',
  observer: 'o',
}

/** Streams a master follows, with the only filters it may ask for. */
function followedStreams(site: SiteId): readonly (readonly [stream: string, filter: string])[] {
  return [
    ['EVT', `rs.v1.evt.${site}.>`],
    ['SNAP', `rs.v1.snap.${site}.>`],
    ['FACT', `rs.v1.fact.${site}.>`],
    ['EDGE', `rs.v1.edge.${site}.>`],
    ['KV_CTL', '$KV.CTL.>'],
  ]
}

function masterPermissions(site: SiteId, id: string, inbox: string): Permissions {
  const perStream = followedStreams(site).flatMap(([stream, filter]) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.*.${filter}`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  ])
  return {
    publish: [
      ...perStream,
      '$JS.API.STREAM.MSG.GET.KV_CTL',
      '$KV.CTL.>',
      `rs.v1.cmd.${site}.*`,
      `rs.v1.past.${site}.${id}`,
    ],
    subscribe: [
      `rs.v1.hb.${site}.*`,
      `rs.v1.ask.${site}.*`,
      `rs.v1.req.${site}.*`,
      `rs.v1.past.${site}.*`,
      'rs.v1.ctl.lease',
      inbox,
    ],
    replyWithinS: REPLY_WITHIN_S.master,
  }
}

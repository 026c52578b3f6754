import { z } from 'zod'
import { ContainerId, EdgeId, HostId } from '../kernel/ids.ts'
import { type ReasonCode, reasonTable } from './reasons.ts'
import { RouteCondition } from './route-settings.ts'

const codes = Object.keys(reasonTable).filter(isReasonCode)

export const Reason = z.enum(codes)

/**
 * The outcome for one route that one container asked for. `domain` and `path` are absent when the
 * label was too broken to tell. Values from labels are data for people, cut to 64 characters and
 * escaped; they go nowhere else.
 */
export const Verdict = z.object({
  host: HostId,
  container: ContainerId,
  containerName: z.string(),
  /** Name of the route inside the labels; `default` for the short form. */
  route: z.string(),
  domain: z.string().optional(),
  path: z.string().optional(),
  match: z.enum(['prefix', 'exact']).optional(),
  when: RouteCondition.optional(),
  service: z.string().optional(),
  reason: Reason,
  /** The label concerned, and what else this case needs, for example the candidates. */
  details: z.record(z.string(), z.string()),
  /** Set when the outcome differs by edge: then this one is about that edge. */
  edge: EdgeId.optional(),
})
export type Verdict = z.infer<typeof Verdict>

function isReasonCode(code: string): code is ReasonCode {
  return code in reasonTable
}

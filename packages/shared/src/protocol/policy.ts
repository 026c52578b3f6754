import { z } from 'zod'

/**
 * What the API says of the policy: the one document in which an operator writes what containers may
 * ask for. `docs/policy.md` has its keys.
 */

/** Some thousand grants; it is one message of the bus, and one part of every master's memory. */
export const POLICY_CHARACTERS_MAX = 64 * 1024

/** SHA-256 of the text. */
export const PolicyDigest = z.string().regex(/^[0-9a-f]{64}$/)
export type PolicyDigest = z.infer<typeof PolicyDigest>

/** Something in the text, and what to do about it. Lines and columns begin at 1. */
export const PolicyProblem = z.object({
  line: z.int().positive(),
  column: z.int().positive(),
  /** As in `claims[0].domains[1]`; empty for the document as a whole. */
  key: z.string(),
  what: z.string(),
})
export type PolicyProblem = z.infer<typeof PolicyProblem>

export const PolicyText = z.object({ text: z.string().max(POLICY_CHARACTERS_MAX) })
export type PolicyText = z.infer<typeof PolicyText>

export const PolicyView = z.object({
  text: z.string(),
  digest: PolicyDigest,
  by: z.string(),
  since: z.string(),
  /** It says what this site does not have, such as a host that nobody knows. */
  warnings: z.array(PolicyProblem),
})
export type PolicyView = z.infer<typeof PolicyView>

export const PolicyCheck = z.object({
  /** Empty: it would be taken. */
  problems: z.array(PolicyProblem),
  warnings: z.array(PolicyProblem),
})
export type PolicyCheck = z.infer<typeof PolicyCheck>

/** A route that would begin, end, or pass to another service. */
export const RouteChange = z.object({
  /** As `routeKey` writes it. */
  route: z.string(),
  /** Absent: nobody has it. */
  before: z.string().optional(),
  after: z.string().optional(),
})
export type RouteChange = z.infer<typeof RouteChange>

/** What would be answered to a container that asks; absent where it would not ask. */
export const VerdictChange = z.object({
  /** As in `alpha/shop-web-1`. */
  container: z.string(),
  /** Name of the route inside its labels. */
  route: z.string(),
  domain: z.string(),
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
})
export type VerdictChange = z.infer<typeof VerdictChange>

/** What a policy would change, by the hosts and containers that are there now. */
export const PolicyDiff = z.object({
  ...PolicyCheck.shape,
  routes: z.array(RouteChange),
  verdicts: z.array(VerdictChange),
  /** How many there are, where the lists are cut. */
  totals: z.object({ routes: z.int(), verdicts: z.int() }),
})
export type PolicyDiff = z.infer<typeof PolicyDiff>

/** As many as a person reads before he counts them instead. */
export const POLICY_CHANGES_SHOWN_MAX = 500

import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import {
  POLICY_CHANGES_SHOWN_MAX,
  PolicyCheck,
  PolicyDiff,
  type PolicyProblem,
  PolicyText,
  PolicyView,
} from '@roadstead/shared/protocol/policy.ts'
import type { DerivationDiff } from '../../core/policy/diff.ts'
import type { PolicyDocument } from '../../core/policy/document.ts'
import type { PolicyDecision } from '../../core/policy/policy-of.ts'
import type { PolicyFault } from '../../core/policy/problems.ts'
import { inOrder, type PolicyTextReading, readPolicyText } from '../policy-text.ts'
import type { ApiServer } from '../server.ts'

/** Who keeps the policy. */
export interface PolicyKeeper {
  current(): PolicyDecision | undefined
  warningsOn(document: PolicyDocument): readonly PolicyFault[]
  diff(document: PolicyDocument): DerivationDiff
  apply(draft: {
    readonly text: string
    readonly document: PolicyDecision['document']
    readonly instead: string | undefined
    readonly by: string
  }): Promise<PolicyDecision>
}

/** The policy as text: read by all, tried by operators, changed by admins. */
export function addPolicy(app: ApiServer, keeper: PolicyKeeper): void {
  app.get('/api/v1/policy', { schema: { response: { 200: PolicyView } } }, (_request, reply) => {
    const policy = keeper.current()
    if (policy === undefined) {
      throw new RoadsteadError('not-found', { why: 'no policy has been applied' })
    }
    reply.header('etag', `"${policy.digest}"`)
    return viewOf(policy, keeper)
  })

  const check = { schema: { body: PolicyText, response: { 200: PolicyCheck } } }
  app.post('/api/v1/policy/check', check, ({ body }) => checkOf(readPolicyText(body.text), keeper))

  const diff = { schema: { body: PolicyText, response: { 200: PolicyDiff } } }
  app.post('/api/v1/policy/diff', diff, ({ body }) => {
    const reading = readPolicyText(body.text)
    const found = checkOf(reading, keeper)
    const nothing = { routes: [], verdicts: [] }
    const { routes, verdicts } = reading.kind === 'read' ? keeper.diff(reading.document) : nothing
    return {
      ...found,
      routes: routes.slice(0, POLICY_CHANGES_SHOWN_MAX),
      verdicts: verdicts.slice(0, POLICY_CHANGES_SHOWN_MAX),
      totals: { routes: routes.length, verdicts: verdicts.length },
    }
  })

  const put = { schema: { body: PolicyText, response: { 200: PolicyView } } }
  app.put('/api/v1/policy', put, async ({ body, caller, headers }, reply) => {
    const reading = readPolicyText(body.text)
    if (reading.kind === 'faulty') throw badPolicy(reading.problems)
    const instead = digestIn(headers['if-match'])
    const by = caller?.name ?? ''
    const draft = { text: body.text, document: reading.value, instead, by }
    const policy = await keeper.apply(draft)
    reply.header('etag', `"${policy.digest}"`)
    return viewOf(policy, keeper)
  })
}

function checkOf(reading: PolicyTextReading, keeper: PolicyKeeper) {
  return reading.kind === 'read'
    ? { problems: [], warnings: warningsOf(reading, keeper) }
    : { problems: [...reading.problems], warnings: [] }
}

/** Reading takes a tenth of a second for the largest; who looks often must not cost that each time. */
const readings = new WeakMap<PolicyDecision, PolicyTextReading>()

function viewOf(policy: PolicyDecision, keeper: PolicyKeeper): PolicyView {
  const { text, digest, by, since } = policy
  const reading = readings.get(policy) ?? readPolicyText(text)
  readings.set(policy, reading)
  const warnings = reading.kind === 'read' ? warningsOf(reading, keeper) : inOrder(reading.problems)
  return { text, digest, by, since, warnings }
}

function warningsOf(
  { document, place }: Extract<PolicyTextReading, { kind: 'read' }>,
  keeper: PolicyKeeper,
): PolicyProblem[] {
  return inOrder(keeper.warningsOn(document).map(place))
}

/** Whoever wants all of them asks for a check; here the first has to do. */
function badPolicy(problems: readonly PolicyProblem[]): RoadsteadError {
  const [first] = problems
  const line = first === undefined ? '' : `${first.line}:${first.column} ${first.key} ${first.what}`
  return new RoadsteadError('bad-policy', { problems: problems.length, first: line })
}

/** As `ETag` gave it. */
function digestIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^"([0-9a-f]{64})"$/.exec(header)?.[1] ?? header)
}

import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Graph } from '../graph/graph.ts'
import type { Policy } from '../routes/policy.ts'
import { PolicyDocument } from './document.ts'
import { resolvePolicy, type HostsByText } from './resolve.ts'

export const POLICY_KEY = 'd.policy.site'

export type PolicyDecision = Extract<Decision, { kind: 'policy' }>

export function policyDecision({
  decisions,
}: Pick<Graph, 'decisions'>): PolicyDecision | undefined {
  const decision = decisions.get(POLICY_KEY)
  return decision?.kind === 'policy' ? decision : undefined
}

/**
 * The policy that a graph has: the document among its decisions over what is configured. A document
 * that this version cannot read is as if there were none, and `isUnreadable` makes a warning of it.
 */
export function policyOf(graph: Pick<Graph, 'decisions'>, base: Policy): Policy {
  const document = documentOf(graph)
  return document === undefined ? base : resolvePolicy(document, base, enrolledHosts(graph))
}

export function isUnreadable(graph: Pick<Graph, 'decisions'>): boolean {
  return policyDecision(graph) !== undefined && documentOf(graph) === undefined
}

export function documentOf(graph: Pick<Graph, 'decisions'>): PolicyDocument | undefined {
  const decision = policyDecision(graph)
  if (decision === undefined) return undefined
  const known = documents.get(decision)
  if (known !== undefined) return known.document
  const document = PolicyDocument.safeParse(decision.document).data
  documents.set(decision, { document })
  return document
}

/** A decision is read once, and asked about often. */
const documents = new WeakMap<PolicyDecision, { readonly document: PolicyDocument | undefined }>()

/** Whether a change of these decisions may give another policy. */
export function concernsPolicy(keys: Iterable<string>): boolean {
  for (const key of keys) if (key === POLICY_KEY || key.startsWith(AGENT_PREFIX)) return true
  return false
}

const AGENT_PREFIX = 'd.identity.agent.'

/**
 * A name counts as it was enrolled, by a join token that an operator gave away, and belongs to whoever
 * came with it first. What an agent calls its host afterwards is its own word: it would open whatever
 * the policy gives to that name. An id that never joined was brought in by the operator himself.
 */
export function enrolledHosts({ decisions }: Pick<Graph, 'decisions'>): HostsByText {
  const byText = new Map<string, Identity>()
  const ids = new Set<string>()
  for (const decision of decisions.values()) {
    if (decision.kind !== 'identity' || decision.role !== 'agent' || decision.revoked) continue
    ids.add(decision.id)
    for (const text of [decision.id, decision.name]) {
      const other = byText.get(text)
      if (other === undefined || isBefore(decision, other)) byText.set(text, decision)
    }
  }
  return (text) => {
    const known = byText.get(text)
    const both = [...(known ? [known.id] : []), ...(ids.has(text) ? [] : [text])]
    return both.flatMap((id) => HostId.safeParse(id).data ?? [])
  }
}

type Identity = Extract<Decision, { kind: 'identity' }>

function isBefore(a: Identity, b: Identity): boolean {
  return a.since === b.since ? a.id < b.id : a.since < b.since
}

import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Graph } from '../core/graph/graph.ts'
import { type DerivationDiff, diffDerivations } from '../core/policy/diff.ts'
import type { PolicyDocument } from '../core/policy/document.ts'
import {
  enrolledHosts,
  POLICY_KEY,
  policyDecision,
  type PolicyDecision,
} from '../core/policy/policy-of.ts'
import type { PolicyFault } from '../core/policy/problems.ts'
import { resolvePolicy } from '../core/policy/resolve.ts'
import { unknownHosts } from '../core/policy/unknown-hosts.ts'
import { deriveAll } from '../core/routes/derive.ts'
import type { Derivation } from '../core/routes/derived.ts'
import type { Policy } from '../core/routes/policy.ts'

export interface PolicyOfficeDeps {
  readonly state: { readonly graph: Graph; readonly derived: Derivation }
  /** What is configured: what holds where the document says nothing. */
  readonly base: Policy
  readonly pen: {
    assertLeads(): void
    write(drafts: readonly DecisionChange[]): Promise<void>
  }
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/** A text that has been read, and is to be the policy. */
export interface PolicyDraft extends Pick<PolicyDecision, 'text' | 'document'> {
  /** Digest of the policy that whoever wrote this had before him; undefined: there was none. */
  readonly instead: string | undefined
  readonly by: string
  /** It is the text of the file of a master. */
  readonly isImport?: true
}

/**
 * Where the policy is looked at and changed, one change at a time: nobody overwrites what he has not
 * seen.
 */
export class PolicyOffice {
  readonly #deps: PolicyOfficeDeps
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: PolicyOfficeDeps) {
    this.#deps = deps
  }

  current(): PolicyDecision | undefined {
    return policyDecision(this.#deps.state.graph)
  }

  /** What this site does not have. */
  warningsOn(document: PolicyDocument): readonly PolicyFault[] {
    return unknownHosts(document, this.#deps.state.graph)
  }

  /** What would change, by everything that is known now. */
  diff(document: PolicyDocument): DerivationDiff {
    const { base, digest, state } = this.#deps
    const { derived, graph } = state
    const policy = resolvePolicy(document, base, enrolledHosts(graph))
    return diffDerivations(derived, deriveAll(graph, { policy, digest }))
  }

  /** @throws RoadsteadError `not-leader`, `policy-changed` or `bus-unreachable` */
  apply(draft: PolicyDraft): Promise<PolicyDecision> {
    const applied = this.#last.then(() => this.#apply(draft))
    this.#last = applied.catch(() => undefined)
    return applied
  }

  async #apply({ by, document, instead, isImport, text }: PolicyDraft): Promise<PolicyDecision> {
    const { clock, digest, log, pen } = this.#deps
    pen.assertLeads()
    const before = this.current()
    if (before?.digest !== instead) {
      const { by: who = 'nobody', digest: now = 'there is none', since = '' } = before ?? {}
      throw new RoadsteadError('policy-changed', { now, by: who, since })
    }
    const since = new Date(clock.wallMs()).toISOString()
    const imported = isImport ? digest(text) : before?.imported
    const decision: PolicyDecision = {
      kind: 'policy',
      text,
      document,
      digest: digest(text),
      ...(imported !== undefined && { imported }),
      by: by.slice(0, BY_MAX),
      since,
    }
    await pen.write([{ kind: 'decision', key: POLICY_KEY, decision }])
    log.info({ by, digest: decision.digest, before: instead ?? 'none' }, 'policy applied')
    return decision
  }
}

/** As a decision can carry it. */
const BY_MAX = 128

import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { ObjectKind } from '@roadstead/shared/protocol/kept-object.ts'

export type ObjectDecision = Extract<Decision, { kind: 'object' }>
export type Decisions = ReadonlyMap<string, Decision>

/** What an object is known by, beside its version. */
export interface ObjectPlace {
  readonly kind: ObjectKind
  readonly name: string
}

/** The same as one word, for maps: `users.team`. */
export function placeText({ kind, name }: ObjectPlace): string {
  return `${kind}.${name}`
}

export function placeOf({ facts, name }: ObjectDecision): ObjectPlace {
  return { kind: facts.object, name }
}

/** Where its decision is kept. */
export function objectDecisionKey(place: ObjectPlace): string {
  return `d.object.${placeText(place)}`
}

/** A fleet has thousands of decisions and tens of objects, and all of them are asked for often. */
const known = new WeakMap<Decisions, readonly ObjectDecision[]>()

/** All that are kept, sorted by kind and name. */
export function keptObjects(decisions: Decisions): readonly ObjectDecision[] {
  const before = known.get(decisions)
  if (before !== undefined) return before
  const found = [...decisions]
    .flatMap(([key, decision]) => (decision.kind === 'object' ? [[key, decision] as const] : []))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, decision]) => decision)
  known.set(decisions, found)
  return found
}

export function keptObject(decisions: Decisions, place: ObjectPlace): ObjectDecision | undefined {
  const decision = decisions.get(objectDecisionKey(place))
  return decision?.kind === 'object' ? decision : undefined
}

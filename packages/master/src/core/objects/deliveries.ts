import type { EdgeId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { ObjectMention } from '@roadstead/shared/protocol/kept-object.ts'
import {
  type Decisions,
  keptObjects,
  type ObjectDecision,
  type ObjectPlace,
  placeOf,
  placeText,
} from './kept-objects.ts'
import { isRevoked } from './recipients.ts'

/** A text for one edge as the control stream has it. */
export interface StoredObject extends ObjectPlace {
  readonly version: string
  /** Whose key opens it. */
  readonly to: PublicKey
  /** SHA-256 of the text. */
  readonly digest: string
}

/** By edge, then by `placeText`. */
export type StoredByEdge = ReadonlyMap<EdgeId, ReadonlyMap<string, StoredObject>>

/** One text to be sealed and stored, or one to be deleted. */
export type Delivery =
  | {
      readonly kind: 'seal'
      readonly edge: EdgeId
      readonly to: PublicKey
      readonly object: ObjectDecision
    }
  | { readonly kind: 'delete'; readonly edge: EdgeId; readonly place: ObjectPlace }

/**
 * What the control stream lacks, and what it has too much. A text of the right version that somebody
 * stored before is as good as a new one, so a new leader writes nothing. An edge that is silent keeps
 * what it has; one that was taken back does not.
 */
export function deliveries(
  decisions: Decisions,
  keys: ReadonlyMap<EdgeId, PublicKey>,
  stored: StoredByEdge,
): readonly Delivery[] {
  const objects = keptObjects(decisions)
  const kept = new Set(objects.map((object) => placeText(placeOf(object))))
  const seal = [...keys].flatMap(([edge, to]) =>
    objects.flatMap((object): Delivery[] => {
      const there = stored.get(edge)?.get(placeText(placeOf(object)))
      const isSame = there?.version === object.version && there.to === to
      return isSame ? [] : [{ kind: 'seal', edge, to, object }]
    }),
  )
  const surplus = [...stored].flatMap(([edge, texts]) =>
    [...texts].flatMap(([key, { kind, name }]): Delivery[] =>
      kept.has(key) && !isRevoked(edge, decisions)
        ? []
        : [{ kind: 'delete', edge, place: { kind, name } }],
    ),
  )
  return [...surplus, ...seal]
}

/**
 * How the head of an edge's table names the objects. One whose text is not stored yet is named
 * without it: then the edge keeps what it has, and does not take it for gone.
 */
export function mentions(
  decisions: Decisions,
  stored: ReadonlyMap<string, StoredObject> | undefined,
): readonly ObjectMention[] {
  return keptObjects(decisions).map((object) => {
    const { kind, name } = placeOf(object)
    const { version } = object
    const text = stored?.get(placeText({ kind, name }))
    const digest = text?.version === version ? text.digest : undefined
    return { kind, name, version, ...(digest !== undefined && { digest }) }
  })
}

import { z } from 'zod'
import {
  CertificateContent,
  type ObjectAtEdge,
  type ObjectMention,
  type ObjectTrouble,
  OBJECTS_MAX,
  ObjectVersion,
  UsersContent,
} from '@roadstead/shared/protocol/kept-object.ts'
import { ObjectName } from '@roadstead/shared/protocol/route-settings.ts'
import type { CertificatesByObject, UsersByObject } from '../own-view.ts'

/** An object that the masters keep, opened: what nginx is given, and what is on this edge's disk. */
export const HeldObject = z.discriminatedUnion('kind', [
  z.object({
    v: z.literal(1),
    kind: z.literal('users'),
    name: ObjectName,
    version: ObjectVersion,
    content: UsersContent,
  }),
  z.object({
    v: z.literal(1),
    kind: z.literal('certificate'),
    name: ObjectName,
    version: ObjectVersion,
    content: CertificateContent,
  }),
])
export type HeldObject = z.infer<typeof HeldObject>

/** By `heldKey`. */
export type HeldObjects = ReadonlyMap<string, HeldObject>

export function heldKey({ kind, name }: Pick<ObjectMention, 'kind' | 'name'>): string {
  return `${kind}.${name}`
}

/** What is to be fetched, and what is to go. */
export interface ObjectWork {
  readonly lacking: readonly FetchableObject[]
  readonly surplus: readonly HeldObject[]
}
export type FetchableObject = ObjectMention & { readonly digest: string }

/**
 * What differs from what the masters name. Only what they no longer name goes: an older text of one
 * that cannot be had is better than none.
 */
export function objectWork(wanted: readonly ObjectMention[], held: HeldObjects): ObjectWork {
  const named = new Set(wanted.map(heldKey))
  return {
    lacking: wanted.flatMap((mention) => {
      const { digest } = mention
      const isHeld = held.get(heldKey(mention))?.version === mention.version
      return digest === undefined || isHeld ? [] : [{ ...mention, digest }]
    }),
    surplus: [...held].flatMap(([key, object]) => (named.has(key) ? [] : [object])),
  }
}

/** The same as whoever renders looks for it. */
export function byObject(held: HeldObjects): {
  readonly users: UsersByObject
  readonly certificates: CertificatesByObject
} {
  const users = new Map<string, readonly string[]>()
  const certificates = new Map<string, CertificateContent>()
  for (const object of held.values()) {
    if (object.kind === 'users') users.set(object.name, object.content.lines)
    else certificates.set(object.name, object.content)
  }
  return { users, certificates }
}

/** What the masters are told: of each object that they name or that is still here. */
export function objectsAtHand({
  objects,
  objectTroubles,
  wantedObjects = [],
}: {
  readonly objects: HeldObjects
  readonly objectTroubles: ReadonlyMap<string, ObjectTrouble>
  readonly wantedObjects: readonly ObjectMention[] | undefined
}): ObjectAtEdge[] {
  const named = new Map<string, Pick<ObjectMention, 'kind' | 'name'>>()
  for (const each of [...wantedObjects, ...objects.values()]) named.set(heldKey(each), each)
  return [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, OBJECTS_MAX)
    .map(([key, { kind, name }]) => {
      const version = objects.get(key)?.version
      const trouble = objectTroubles.get(key)
      return {
        kind,
        name,
        ...(version !== undefined && { version }),
        ...(trouble !== undefined && { trouble }),
      }
    })
}

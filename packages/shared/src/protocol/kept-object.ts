import { z } from 'zod'
import { PublicKey, ShortHash } from '../kernel/ids.ts'
import { ObjectName, UserEntry } from './route-settings.ts'

/**
 * Objects that the masters keep for the edges: users of `auth: basic:<name>`, and certificates. What
 * is public about one is said in the open; the rest is sealed to the keys of those who need it, and
 * nobody else, the bus included, can read it (ADR 0022).
 */
export const ObjectKind = z.enum(['users', 'certificate'])
export type ObjectKind = z.infer<typeof ObjectKind>

/** Random, drawn for each text that an object is given: it tells two texts apart and has no order. */
export const ObjectVersion = ShortHash
export type ObjectVersion = z.infer<typeof ObjectVersion>

/** The text of one object, before it is sealed: a chain of 4 certificates has about 8 KiB. */
export const OBJECT_CHARACTERS_MAX = 64 * 1024

/** nginx reads the list from its start at every request. */
export const USERS_MAX = 500

/** Each edge gets all of them, and tells of each in a status of 256 KiB at most. */
export const OBJECTS_MAX = 500

/** Names of one certificate; authorities stop at 100. */
const NAMES_MAX = 200

/** What is in an object of users, and a secret: who has the hashes can try words on them. */
export const UsersContent = z.object({ lines: z.array(UserEntry).max(USERS_MAX) })
export type UsersContent = z.infer<typeof UsersContent>

/** PEM: the certificate of the names first, each followed by the one that signed it; and its key. */
export const CertificateContent = z.object({
  chain: z.string().min(1).max(OBJECT_CHARACTERS_MAX),
  key: z.string().min(1).max(OBJECT_CHARACTERS_MAX),
})
export type CertificateContent = z.infer<typeof CertificateContent>

const Time = z.string().max(40)

/** What anybody may know of an object. */
export const ObjectFacts = z.discriminatedUnion('object', [
  z.object({
    object: z.literal('users'),
    /** Sorted. */
    names: z.array(z.string().max(64)).max(USERS_MAX),
  }),
  z.object({
    object: z.literal('certificate'),
    /** Sorted; as the certificate says them, in lower case, `*.` first for a wildcard. */
    names: z.array(z.string().max(253)).min(1).max(NAMES_MAX),
    notBefore: Time,
    notAfter: Time,
    issuer: z.string().max(256),
    /** SHA-256 of the certificate, as tools print it: pairs of digits with colons. */
    fingerprint: z.string().max(95),
  }),
])
export type ObjectFacts = z.infer<typeof ObjectFacts>

const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/)

/** Masters are two or three, an edge is one; twice that while keys change. */
export const SEALED_FOR_MAX = 16

/** Base64 makes four of three, and JSON escapes line feeds. */
const SEALED_CHARACTERS_MAX = 3 * OBJECT_CHARACTERS_MAX

/**
 * A text that only the holders of some keys can open: AES-256-GCM under a key that is wrapped for each
 * of them. How, `sealed-box.ts` says.
 */
export const Sealed = z.object({
  v: z.literal(1),
  /** Public X25519 key, made for this text only. */
  sender: Base64.max(64),
  keys: z
    .array(z.object({ to: PublicKey, wrapped: Base64.max(128) }))
    .min(1)
    .max(SEALED_FOR_MAX),
  text: Base64.max(SEALED_CHARACTERS_MAX),
})
export type Sealed = z.infer<typeof Sealed>

/** How the head of an edge's table names an object that there is. */
export const ObjectMention = z.object({
  kind: ObjectKind,
  name: ObjectName,
  version: ObjectVersion,
  /**
   * SHA-256 of the text of its `EdgeObject`. Absent while none is stored for this edge, as after the
   * loss of the bus: the edge keeps what it has.
   */
  digest: z.string().length(64).optional(),
})
export type ObjectMention = z.infer<typeof ObjectMention>

/** An object as the control stream holds it for one edge, sealed to that edge alone. */
export const EdgeObject = z.object({
  v: z.literal(1),
  kind: ObjectKind,
  name: ObjectName,
  version: ObjectVersion,
  sealed: Sealed,
})
export type EdgeObject = z.infer<typeof EdgeObject>

/** Why an edge does not have a text that it is to have. */
export const ObjectTrouble = z.enum([
  'not-stored',
  'not-for-us',
  'broken',
  'unreadable',
  'key-does-not-fit',
  'disk-full',
  'disk-failed',
])
export type ObjectTrouble = z.infer<typeof ObjectTrouble>

/** What an edge says of an object: which text it serves, and why it is not the one that is wanted. */
export const ObjectAtEdge = z.object({
  kind: ObjectKind,
  name: ObjectName,
  /** Absent: it has none. */
  version: ObjectVersion.optional(),
  trouble: ObjectTrouble.optional(),
})
export type ObjectAtEdge = z.infer<typeof ObjectAtEdge>

/**
 * What a sealed text is bound to: moved to another object, version or recipient it does not open.
 * `keeper` is `masters`, or the id of an edge.
 */
export function objectContext(
  { kind, name, version }: Pick<ObjectMention, 'kind' | 'name' | 'version'>,
  keeper: string,
): string {
  return `roadstead/v1/object\n${kind}\n${name}\n${version}\n${keeper}`
}

import { z } from 'zod'
import {
  OBJECT_CHARACTERS_MAX,
  ObjectFacts,
  ObjectKind,
  ObjectTrouble,
  USERS_MAX,
} from './kept-object.ts'
import { ObjectName } from './route-settings.ts'

/** What the API says of users and certificates that the masters keep, and how they are given to it. */

export const ObjectParams = z.object({ name: ObjectName })

/** All of them, one line each as `htpasswd` writes it. Their form is looked at line by line. */
const UserLines = z.array(z.string().max(256)).max(USERS_MAX)

export const UsersRequest = z.object({ lines: UserLines })
export type UsersRequest = z.infer<typeof UsersRequest>

/** Some of them; the others stay. */
export const UsersChange = z.object({
  set: UserLines.default([]),
  remove: z.array(z.string().max(64)).max(USERS_MAX).default([]),
})
export type UsersChange = z.infer<typeof UsersChange>

export const CertificateRequest = z.object({
  /** PEM: the certificate of the names first, each followed by the one that signed it. */
  chain: z.string().min(1).max(OBJECT_CHARACTERS_MAX),
  /** PEM, without a password. */
  key: z.string().min(1).max(OBJECT_CHARACTERS_MAX),
})
export type CertificateRequest = z.infer<typeof CertificateRequest>

/** Where an edge stands with one object. */
export const ObjectOnEdge = z.object({
  edge: z.string(),
  /** `current`: the text that is kept now; `older`: one before it; `missing`: none. */
  state: z.enum(['current', 'older', 'missing']),
  trouble: ObjectTrouble.optional(),
})
export type ObjectOnEdge = z.infer<typeof ObjectOnEdge>

/** An object without what is secret in it. */
export const ObjectView = z.object({
  kind: ObjectKind,
  name: ObjectName,
  version: z.string(),
  facts: ObjectFacts,
  by: z.string(),
  since: z.string(),
  /** By the name of the edge. */
  edges: z.array(ObjectOnEdge),
})
export type ObjectView = z.infer<typeof ObjectView>

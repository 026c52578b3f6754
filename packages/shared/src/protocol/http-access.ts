import { z } from 'zod'

/** What the API says about who may join and who may ask: see `http.ts`. */

/** What a joining process sends, and what it gets back. */
export const JoinRequest = z.object({
  token: z.string().max(256),
  role: z.enum(['agent', 'edge', 'master']),
  id: z.string().max(48),
  name: z.string().max(256),
  publicKey: z.string().max(64),
})
export type JoinRequest = z.infer<typeof JoinRequest>

export const JoinReply = z.object({
  site: z.string(),
  id: z.string(),
  natsUrl: z.string(),
  /** Public keys of the masters: whose tables and commands to believe. */
  masters: z.array(z.string()),
  /** Set when this NATS is not ours: what its operator has to add for this identity. */
  natsUser: z.string().optional(),
})
export type JoinReply = z.infer<typeof JoinReply>

export const TokenRequest = z.object({
  kind: z.enum(['join', 'api']),
  role: z.string().max(16),
  ttlSeconds: z
    .int()
    .min(1)
    .max(90 * 86_400),
  uses: z.int().min(1).max(10_000).default(1),
  note: z.string().max(256).default(''),
})
export type TokenRequest = z.infer<typeof TokenRequest>

export const TokenReply = z.object({ id: z.string(), token: z.string(), expiresAt: z.string() })
export type TokenReply = z.infer<typeof TokenReply>

/** A token that still works. The secret itself is kept nowhere. */
export const TokenView = z.object({
  id: z.string(),
  kind: z.enum(['join', 'api']),
  role: z.string(),
  /** Absent for API tokens, which may be used any number of times. */
  usesLeft: z.int().optional(),
  /** Absent: it works until it is revoked. */
  expiresAt: z.string().optional(),
  note: z.string(),
  by: z.string(),
  since: z.string(),
})
export type TokenView = z.infer<typeof TokenView>

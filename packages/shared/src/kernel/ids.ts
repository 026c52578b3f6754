import { z } from 'zod'

/**
 * Names that go into subjects, keys, paths or a URL, each from an alphabet without any syntax in
 * it. Sites, hosts, edges and masters are one NATS token each: no dot, star, angle or blank.
 */
const Token = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9_-]{0,46}[a-z0-9])?$/, 'must be 1 to 48 of a-z, 0-9, "-" and "_"')

export const SiteId = Token.brand('SiteId')
export type SiteId = z.infer<typeof SiteId>

/** Random, made once by the agent and kept in its state folder; never the hostname. */
export const HostId = Token.brand('HostId')
export type HostId = z.infer<typeof HostId>

export const EdgeId = Token.brand('EdgeId')
export type EdgeId = z.infer<typeof EdgeId>

export const MasterId = Token.brand('MasterId')
export type MasterId = z.infer<typeof MasterId>

/** One life of one process, random; tells two claimants of one epoch apart. */
export const InstanceId = Token.brand('InstanceId')
export type InstanceId = z.infer<typeof InstanceId>

/** The engine's own id of a container. Anything else is refused, since ids end up in URLs. */
export const ContainerId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
  .brand('ContainerId')
export type ContainerId = z.infer<typeof ContainerId>

/** Public half of an nkey (Ed25519) of any role. */
export const PublicKey = z
  .string()
  .regex(/^U[A-Z2-7]{55}$/, 'must be the public key of an nkey user')
  .brand('PublicKey')
export type PublicKey = z.infer<typeof PublicKey>

/** 16 hexadecimal digits: the short form of a SHA-256. */
export const ShortHash = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits')

export const ShortHashLength = 16

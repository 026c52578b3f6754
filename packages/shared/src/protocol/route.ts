import { z } from 'zod'

/**
 * The alphabet of everything a label may say that ends up in nginx. Checked byte for byte as
 * received: no trimming, no folding, no decoding. Nothing here has any meaning in nginx's syntax,
 * which is why nothing is ever escaped.
 */

/** A plain host name of two labels or more, lower case, no wildcard, no address. */
export const DomainName = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be a lower-case host name with at least one dot',
  )
  .refine(hasPlainHyphens, 'must not have "--" at the third place of a label unless it is punycode')
  .refine(isCanonical, 'must be a name that a browser would send unchanged')
  .brand('DomainName')
export type DomainName = z.infer<typeof DomainName>

/** Every name below the rest, at any depth: `*.example.com`. It needs a grant of the policy. */
export const WildcardName = z
  .templateLiteral(['*.', z.string()])
  .refine((name) => DomainName.safeParse(name.slice(2)).success, 'must be "*." and a host name')
  .refine((name) => name.length <= 253, 'must be at most 253 characters long')
  .brand('WildcardName')
export type WildcardName = z.infer<typeof WildcardName>

/** What a route may be for. */
export const RouteDomain = z.union([DomainName, WildcardName])
export type RouteDomain = z.infer<typeof RouteDomain>

/** How a visitor of a stream comes: over a connection, or with datagrams. */
export const StreamProtocol = z.enum(['tcp', 'udp'])
export type StreamProtocol = z.infer<typeof StreamProtocol>

/** A port of every edge, as in `tcp:5432`: what a stream has in the place of a domain. */
export const ListenName = z
  .string()
  .regex(/^(?:tcp|udp):[1-9][0-9]{0,4}$/, 'must be tcp or udp, a colon and a port')
  .refine((text) => Number(text.slice('tcp:'.length)) <= 65_535, 'must be a port up to 65535')
  .brand('ListenName')
export type ListenName = z.infer<typeof ListenName>

/** What visitors ask for: a domain, or a port of the edges. */
export const RouteSubject = z.union([RouteDomain, ListenName])
export type RouteSubject = z.infer<typeof RouteSubject>

/** A path by its plain characters, with no dot segments and no empty ones. */
export const PathPattern = z
  .string()
  .max(512)
  .regex(
    /^(?!.*\/\.{1,2}(?:\/|$))\/(?:[A-Za-z0-9._~-]{1,64}(?:\/[A-Za-z0-9._~-]{1,64}){0,15}\/?)?$/,
    'must start with "/" and hold only letters, digits and . _ ~ - between slashes',
  )
  .brand('PathPattern')
export type PathPattern = z.infer<typeof PathPattern>

/** `prefix` matches whole segments: `/api` matches `/api` and `/api/x`, never `/apix`. */
export const PathMatch = z.enum(['prefix', 'exact'])
export type PathMatch = z.infer<typeof PathMatch>

/** The key under which endpoints of several hosts pool. Data only: it is never rendered. */
export const ServiceKey = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_.-]{0,62}(?:\/[a-z0-9][a-z0-9_.-]{0,62})?$/,
    'must be one or two names of a-z, 0-9, "_", "." and "-", joined by "/"',
  )
  .brand('ServiceKey')
export type ServiceKey = z.infer<typeof ServiceKey>

/** The name of a route inside a label key; for display only. */
export const RouteName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/)

function hasPlainHyphens(domain: string): boolean {
  return domain.split('.').every((label) => label.slice(2, 4) !== '--' || label.startsWith('xn--'))
}

/** Catches whatever a URL parser would rewrite; the independent second opinion on the pattern. */
function isCanonical(domain: string): boolean {
  return URL.canParse(`http://${domain}/`) && new URL(`http://${domain}/`).hostname === domain
}

import { z } from 'zod'
import { DomainName, PathPattern } from './route.ts'

/**
 * What a route or a service may want beyond its place. Each field is absent when nobody asks for it,
 * so that a table without settings is not longer for their existence, and each is a parsed value in
 * an alphabet without any meaning for nginx: what cannot be said here cannot be rendered.
 */

/** Networks of visitors, for example `10.0.0.0/8`; an address alone is a network of one. */
export const Cidr = z.union([z.cidrv4(), z.cidrv6()])
export type Cidr = z.infer<typeof Cidr>

/** Name of an object that the masters keep: users, a certificate. */
export const ObjectName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/)
export type ObjectName = z.infer<typeof ObjectName>

/** Header names that are ours, or that decide how a message is read, are refused where labels are read. */
export const HeaderName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}[A-Za-z0-9]$/)
export const HeaderValue = z
  .string()
  .max(256)
  .regex(/^(?:\*|[A-Za-z0-9](?:[A-Za-z0-9 _.,:/=+@()*;-]{0,254}[A-Za-z0-9)*])?)?$/)

export const HeaderSetting = z.object({
  name: HeaderName,
  /** Empty: the header is taken away. */
  value: HeaderValue,
})
export type HeaderSetting = z.infer<typeof HeaderSetting>

/** A user with a hash that nginx can check, as `htpasswd` writes it. */
export const UserEntry = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9_.@-]{1,64}:[A-Za-z0-9./$={}+]{1,190}$/)

const REDIRECT_STATUS = [301, 302, 303, 307, 308] as const

export const Redirect = z.object({
  status: z.literal(REDIRECT_STATUS),
  /** What is absent stays as the visitor asked for it. */
  scheme: z.enum(['http', 'https']).optional(),
  domain: DomainName.optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** Instead of the whole path and query. */
  path: PathPattern.optional(),
})
export type Redirect = z.infer<typeof Redirect>

/** Datagrams that answer one; 0 for those that are only sent, such as logs. */
export const UdpResponses = z.int().min(0).max(1_000)

export const RouteSettings = z.object({
  /** Visitors from elsewhere get 403. */
  allow: z.array(Cidr).min(1).max(64).optional(),
  /** Only users of this object of the masters come in. */
  auth: ObjectName.optional(),
  /** The same with users that the labels bring along. */
  users: z.array(UserEntry).min(1).max(64).optional(),
  /** Requests of one visitor's address; those beyond get 429. */
  limit: z
    .object({
      requests: z.int().min(1).max(100_000),
      per: z.enum(['second', 'minute']),
      burst: z.int().min(0).max(100_000),
    })
    .optional(),
  /** Longest body of a request; longer ones get 413. */
  bodyBytesMax: z
    .int()
    .min(1_024)
    .max(1024 ** 4)
    .optional(),
  /** How long an endpoint may be silent in an answer. */
  timeoutMs: z.int().min(100).max(86_400_000).optional(),
  /** Answers and bodies are collected before they are passed on. */
  buffering: z.boolean().optional(),
  compress: z.boolean().optional(),
  /** For the visitor, in the order of their names. */
  responseHeaders: z.array(HeaderSetting).min(1).max(32).optional(),
  /** For the endpoint, in the order of their names. */
  requestHeaders: z.array(HeaderSetting).min(1).max(32).optional(),
  /** Answered at once; no endpoint is asked. */
  redirect: Redirect.optional(),
  /**
   * Plain HTTP is sent to HTTPS (`redirect`), the same where there is a certificate for the name and
   * served elsewhere (`prefer`), is refused (`only`), or served as well (`both`).
   */
  https: z.enum(['redirect', 'prefer', 'only', 'both']).optional(),
  /** Strict-Transport-Security on answers over TLS. */
  hsts: z
    .object({
      maxAgeS: z.int().min(0).max(63_072_000),
      subdomains: z.boolean(),
      preload: z.boolean(),
    })
    .optional(),
  /** The path begins with this at the endpoint, after a prefix has been stripped. */
  addPrefix: PathPattern.optional(),
  /** The endpoint sees this path, whatever was asked for. */
  replacePath: PathPattern.optional(),
  /** The endpoint sees its own address as `Host`, instead of the domain. */
  ownHost: z.literal(true).optional(),
  /** Of TCP: the endpoint is told the visitor's address by a line before his first byte. */
  proxyProtocol: z.literal('v1').optional(),
  /** Of UDP: so many datagrams answer one of a visitor. */
  responses: UdpResponses.optional(),
})
export type RouteSettings = z.infer<typeof RouteSettings>

export const noSettings: RouteSettings = {}

export const HTTP_METHODS = [
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
] as const

/** One thing that must be so (or, with `not`, must not) for a route to be meant by a request. */
export const RouteTest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('method'),
    not: z.boolean(),
    methods: z.array(z.enum(HTTP_METHODS)).min(1),
  }),
  z.object({ kind: z.literal('header'), not: z.boolean(), name: HeaderName, value: HeaderValue }),
  z.object({
    kind: z.literal('client'),
    not: z.boolean(),
    networks: z.array(Cidr).min(1).max(64),
  }),
])
export type RouteTest = z.infer<typeof RouteTest>

/** All of these, besides domain and path. Sorted by their JSON; never empty. */
export const RouteCondition = z.array(RouteTest).min(1).max(8)
export type RouteCondition = z.infer<typeof RouteCondition>

/** How nginx speaks with the endpoints of a service. */
export const EndpointScheme = z.enum(['http', 'https', 'grpc', 'grpcs'])
export type EndpointScheme = z.infer<typeof EndpointScheme>

/** How each edge finds out that an endpoint serves, instead of only connecting to it. */
export const HealthCheck = z.object({
  path: PathPattern,
  intervalMs: z.int().min(1_000).max(300_000),
  /** Statuses that count as good. */
  expect: z.object({ from: z.int().min(100).max(599), to: z.int().min(100).max(599) }),
  /** After an endpoint joins, failures do not count for so long. */
  graceMs: z.int().min(0).max(600_000),
})
export type HealthCheck = z.infer<typeof HealthCheck>

/** Name of a cookie that keeps a visitor with one endpoint. */
export const CookieName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/)

/** Among routes that a request fits, the highest is taken; 0 when nothing is said. */
export const Priority = z.int().min(-1_000_000).max(1_000_000)

/** Share of the requests of a route. */
export const Percent = z.int().min(1).max(99)

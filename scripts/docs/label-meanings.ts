import { DOMAINS_PER_LABEL_MAX } from '../../packages/shared/src/kernel/limits.ts'
import type {
  ContainerField,
  HEADER_PREFIX,
  RouteField,
} from '../../packages/master/src/core/routes/label-keys.ts'
import {
  DRAIN,
  type DurationBounds,
  durationText,
  HEALTH_GRACE,
  HEALTH_INTERVAL,
  HOLD,
  SLOW_START,
  TIMEOUT,
} from '../../packages/master/src/core/routes/durations.ts'

export interface Meaning {
  /** What may be written, in words. */
  readonly form: string
  readonly example: string
  readonly meaning: string
  /** Other keys of the container without which it means nothing. */
  readonly beside?: Readonly<Record<string, string>>
}

export const PORT: Meaning = {
  form: 'a number from 1 to 65535, in digits',
  example: '8080',
  meaning:
    'Where the program in the container listens. Needed when the image exposes none or several.',
}

const DURATION = 'a whole number with `ms`, `s` or `m`, without sign or fraction'
const LONGEST = 'When containers of one service say different times, the longest holds.'
const HOLDERS = 'Of several containers of one service, the word of the holder of the route counts.'
const FLAG = '`true` or `false`'

export function duration({ leastMs, mostMs }: DurationBounds): string {
  return `${DURATION}, from ${durationText(leastMs)} to ${durationText(mostMs)}`
}

/** Keys of the container as a whole. */
export const containerKeys = {
  address: {
    form: '`inside`, `published`, or `host:` and a port that the container publishes',
    example: 'inside',
    meaning:
      'Which of the ways to this container are used: only its addresses in networks, only its' +
      ' published port, or only this published port of its host. By default the first that an edge' +
      ' reaches, in this order. No label leads to another host, or to a port of somebody else.',
  },
  backup: {
    form: FLAG,
    example: 'true',
    meaning: 'Gets requests only while no other container of the service can serve.',
  },
  balance: {
    form: '`round-robin` or `least-conn`',
    example: 'least-conn',
    meaning: `How requests are spread. By default in turn. ${HOLDERS}`,
  },
  drain: {
    form: duration(DRAIN),
    example: '30s',
    meaning:
      'The least time between taking this container out of routing and touching it: for callers that' +
      ' keep its address. By default only until every edge is quiet.',
  },
  enable: {
    form: FLAG,
    example: 'true',
    meaning: '`false` keeps the container out, whatever else it says.',
  },
  'health.expect': {
    form: 'a status, or two with `-` between',
    example: '200-299',
    meaning: 'Statuses that count as good. By default 200-399.',
    beside: { 'health.path': '/healthz' },
  },
  'health.grace': {
    form: duration(HEALTH_GRACE),
    example: '30s',
    meaning: 'After a container joins, failures do not count for so long. By default they do.',
    beside: { 'health.path': '/healthz' },
  },
  'health.interval': {
    form: duration(HEALTH_INTERVAL),
    example: '10s',
    meaning: 'How often each edge asks. By default every 2s.',
    beside: { 'health.path': '/healthz' },
  },
  'health.path': {
    form: 'begins with `/`; letters, digits and `. _ ~ -` between slashes',
    example: '/healthz',
    meaning:
      'Each edge asks for this path and leaves the container out while it fails, besides what the' +
      ` HEALTHCHECK says. By default it only connects. ${HOLDERS}`,
  },
  hold: {
    form: duration(HOLD),
    example: '10s',
    meaning:
      'While nobody can serve, requests wait for so long before they get 503, where the edge has the' +
      ` live tier. By default they get 503 at once. ${LONGEST}`,
  },
  inherit: {
    form: '`traefik` or `nginx-proxy`',
    example: 'traefik',
    meaning:
      'The routes are read from the labels or variables of this other tool; other keys of the' +
      ' container add to them, and keys of routes are refused beside it.',
  },
  'max-conns': {
    form: 'a number from 1 to 100000, in digits',
    example: '200',
    meaning:
      'Requests under way at one time from one edge; those beyond go to others, or get 503. By default' +
      ' no limit.',
  },
  network: {
    form: 'the name of a network that the container is attached to',
    example: 'bridge',
    meaning:
      'Inside, only its address in this network is used. Needed when it is in several, and not all' +
      ' lead to it.',
  },
  port: { ...PORT, meaning: `${PORT.meaning} Holds for every route without a port of its own.` },
  service: {
    form: 'one or two names of a-z, 0-9, `_`, `.` and `-`, joined by `/`',
    example: 'shop/web',
    meaning:
      'Containers with the same service serve a route together, on whatever host. By default the' +
      ' compose project and service, else the name of the container.',
  },
  'slow-start': {
    form: duration(SLOW_START),
    example: '30s',
    meaning:
      'A container that joins others gets its share of the requests in four steps over this time; in' +
      ` the reload tier each step is a reload. By default all of it at once. ${LONGEST}`,
  },
  sticky: {
    form: '`address`, `cookie`, or `cookie:` and a name of letters, digits and `_`',
    example: 'cookie',
    meaning:
      'A visitor stays with one container: by the address he comes from, or by a cookie that the edge' +
      ` sets. By default nobody does. ${HOLDERS}`,
  },
  weight: {
    form: 'a number from 1 to 100, in digits',
    example: '3',
    meaning: 'Share of the requests beside other containers of the service. By default 1.',
  },
} as const satisfies Record<ContainerField, Meaning>

/** Keys of one route. */
export const routeKeys = {
  host: {
    form: `lower-case names with a dot, separated by commas, at most ${DOMAINS_PER_LABEL_MAX}`,
    example: 'shop.example.com',
    meaning: 'The names that visitors ask for. Without one there is no route.',
  },
  path: {
    form: 'begins with `/`; letters, digits and `. _ ~ -` between slashes',
    example: '/api',
    meaning: 'The part of the name that this route serves. By default `/`.',
  },
  match: {
    form: '`prefix` or `exact`',
    example: 'exact',
    meaning:
      'A prefix matches whole segments: `/api` and `/api/x`, never `/apix`. By default `prefix`.',
  },
  port: PORT,
  'strip-prefix': {
    form: FLAG,
    example: 'true',
    meaning:
      'Whether the path is taken off before the container sees the request. By default `false`.',
  },
  allow: {
    form: 'addresses or networks, separated by commas, at most 64; bits after the prefix are zero',
    example: '10.0.0.0/8,2001:db8::/32',
    meaning: 'Visitors from elsewhere get 403. By default all come in.',
  },
  auth: {
    form: '`basic:` and a name of a-z, 0-9 and `-`, at most 40',
    example: 'basic:team',
    meaning:
      'Only users that the masters keep under this name come in: `roadstead users set team …`. While an' +
      ' edge does not have them, it answers 503. Passwords never stand in labels.',
  },
  'body-size': {
    form: 'a number with `k`, `m` or `g`, from 1k to 1024g',
    example: '64m',
    meaning: 'Longest body of a request; longer ones get 413.',
  },
  buffering: {
    form: FLAG,
    example: 'true',
    meaning:
      'Whether answers and bodies are collected by the edge before they are passed on. By default they' +
      ' pass as they come.',
  },
  canary: {
    form: 'another service, a blank, and 1% to 99%',
    example: 'shop/next 10%',
    meaning:
      'This share of the requests goes to the other service, if its containers ask for the same route' +
      ' in the same way. While none of them can serve, all requests stay here.',
  },
  compress: {
    form: FLAG,
    example: 'true',
    meaning: 'Whether the edge compresses answers that are text.',
  },
  hsts: {
    form: '`0d` to `730d`; perhaps a blank and `subdomains`; perhaps then a blank and `preload`',
    example: '365d subdomains',
    meaning:
      'For so many days browsers that came by TLS come by nothing else. Cannot be taken back from those' +
      ' who have seen it, but by `0d`.',
  },
  https: {
    form: '`redirect`, `prefer`, `only` or `both`',
    example: 'redirect',
    meaning:
      'Requests without TLS are sent to the same address with it, always or (`prefer`) where the edge' +
      ' has a certificate for the name, are refused, or are served.',
  },
  limit: {
    form: 'a number from 1 to 100000 and `r/s` or `r/m`; perhaps a blank and `burst=` with a number',
    example: '20r/s burst=40',
    meaning:
      'Requests of one address at each edge; those beyond get 429. The burst passes at once; without a' +
      ' number it is as many as one unit has.',
  },
  priority: {
    form: 'a whole number from -1000000 to 1000000',
    example: '10',
    meaning:
      'Of the routes that a request fits, the highest serves it. By default 0; among equals exact goes' +
      ' before prefix, and a longer path before a shorter one.',
  },
  redirect: {
    form:
      '`https`; or a path or `http://` or `https://` with a name, perhaps a port and a path, and perhaps' +
      ' a blank and 301, 302, 303, 307 or 308',
    example: 'https://other.example.com/path 301',
    meaning:
      'Visitors are sent there, and no container is asked; what is not said stays as they asked for' +
      ' it, and the status is 302. `https` is short for the key `https` with `redirect`.',
  },
  scheme: {
    form: '`http`, `https`, `grpc` or `grpcs`',
    example: 'https',
    meaning: 'How the edge speaks with the container. By default `http`.',
  },
  timeout: {
    form: duration(TIMEOUT),
    example: '5m',
    meaning: 'How long the container may be silent in an answer before the visitor gets 504.',
  },
} as const satisfies Record<RouteField, Meaning>

/** The key that ends with the name of a header. */
export const headerKey: Meaning & { readonly key: `${typeof HEADER_PREFIX}${string}` } = {
  key: 'headers.set.X-Frame-Options',
  form: 'up to 256 plain characters, the first a letter or digit; or `*`; or nothing',
  example: 'DENY',
  meaning:
    'A header of the answer is set to this; empty takes it away. The name is in the key. Headers that' +
    ' the edge writes, or that decide how a message is read, are refused with `header-refused`.',
}

/** Keys of a route whose change is a reload in the live tier, too; a test holds it against nginx. */
export const RELOADING_KEYS: readonly (RouteField | typeof headerKey.key)[] = [
  'allow',
  'auth',
  'body-size',
  'buffering',
  'canary',
  'compress',
  headerKey.key,
  'limit',
  'scheme',
  'strip-prefix',
  'timeout',
]

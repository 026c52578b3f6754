import { invariant, unreachable } from '@roadstead/shared/kernel/invariant.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Redirect, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import type { UsersByObject } from '../own-view.ts'
import type { Asked } from './asked.ts'
import { testVariable } from './conditions.ts'
import type { Definitions } from './definitions.ts'
import {
  data,
  directive,
  entry,
  fixed,
  headerValue,
  isSet,
  joined,
  type SafeText,
  type Statement,
} from './directive.ts'
import { answerAway } from './profile.ts'

/** What the server of a location has. */
export interface Door {
  readonly asked: Asked
  /** Whether there is a certificate for its names. */
  readonly hasTls: boolean
  readonly definitions: Definitions
}

/** What a location says before any endpoint is asked, or all that it says. */
export interface Gate {
  readonly statements: readonly Statement[]
  /** Nothing behind it is ever reached. */
  readonly isClosed: boolean
}

/**
 * Who may come in, and who is sent elsewhere. Answers come in the order of the text: first whoever
 * has no business here, then those on plain HTTP, so that no password is asked for there.
 */
export function gate(route: TableRoute, users: UsersByObject, door: Door): Gate {
  const { settings = {} } = route
  const { definitions } = door
  const before = [...visitorHeaders(settings, definitions), ...allowed(settings, definitions)]
  const statements = [...before, ...plainHttp(settings, door)]
  if (settings.redirect !== undefined) {
    return {
      statements: [...statements, redirected(settings.redirect, door.asked)],
      isClosed: true,
    }
  }
  const known = usersOf(settings, users)
  if (known === 'missing') return { statements: [...statements, ...answerAway], isClosed: true }
  return {
    statements: [
      ...statements,
      ...limited(route, definitions),
      ...(known === 'anybody' ? [] : authenticated(known, definitions)),
    ],
    isClosed: false,
  }
}

/** Whether somebody is not to come in who would, were there no such route. */
export function keepsOut({ allow, auth, users, limit, https }: RouteSettings = {}): boolean {
  return [allow, auth, users, limit].some((it) => it !== undefined) || https === 'only'
}

/** What a request body may have where nobody says anything else. */
export const BODY_BYTES_USUAL = 1024 ** 3

export function bodyLimit(bytes: number): Statement {
  return directive('client_max_body_size', [data(String(bytes))])
}

/** Names of answers that decide how a message is read, or that nginx writes itself. */
const OWN_ANSWER_HEADERS = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'server',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What endpoints say under these names does not reach visitors: it is replaced, or taken away. */
export function hiddenHeaders({ responseHeaders = [] }: RouteSettings): readonly SafeText[] {
  return responseHeaders.filter(isForVisitors).map(({ name }) => data(name))
}

function visitorHeaders(settings: RouteSettings, definitions: Definitions): readonly Statement[] {
  const { responseHeaders = [], hsts } = settings
  const own = responseHeaders
    .filter(isForVisitors)
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => addHeader(data(name), headerValue(value)))
  if (hsts === undefined) return own
  const { maxAgeS, subdomains, preload } = hsts
  const words = [`max-age=${maxAgeS}`]
  if (subdomains) words.push('includeSubDomains')
  if (preload) words.push('preload')
  // An empty header is none: over plain HTTP it would be believed from anybody in between.
  const value = definitions.variable('$rs_hsts_', words.join(), (name) =>
    directive(
      'map',
      [fixed('$https'), name],
      [entry(fixed('default'), fixed('')), entry(fixed('on'), headerValue(words.join('; ')))],
    ),
  )
  return [...own, addHeader(fixed('Strict-Transport-Security'), value)]
}

function isForVisitors({ name }: { readonly name: string }): boolean {
  const lower = name.toLowerCase()
  return !OWN_ANSWER_HEADERS.has(lower) && !lower.startsWith('x-accel-')
}

function allowed({ allow }: RouteSettings, definitions: Definitions): readonly Statement[] {
  if (allow === undefined) return []
  const outside = testVariable({ kind: 'client', not: true, networks: allow }, definitions)
  return [directive('if', [isSet(outside)], [refused])]
}

const refused = directive('return', [fixed('403'), fixed('You may not come in here.')])

/** `$rs_plain` is set on requests that did not come over TLS, whether or not anything listens there. */
function plainHttp({ https }: RouteSettings, { asked, hasTls }: Door): readonly Statement[] {
  const address = joined(fixed('https://$host'), asked.tlsSuffix, fixed('$request_uri'))
  const elsewhere = ifPlain(directive('return', [fixed('308'), address]))
  switch (https) {
    case 'redirect':
      return [elsewhere]
    case 'prefer':
      return hasTls ? [elsewhere] : []
    case 'only':
      return [ifPlain(refused)]
    case 'both':
    case undefined:
      return []
    default:
      return unreachable(https)
  }
}

function ifPlain(answer: Statement): Statement {
  return directive('if', [isSet(fixed('$rs_plain'))], [answer])
}

/** Built from parts; no text of a label is ever a whole address. */
function redirected(to: Redirect, asked: Asked): Statement {
  const { status, scheme, domain, port, path } = to
  const isElsewhere = scheme !== undefined || domain !== undefined
  const usual = isElsewhere ? fixed('') : asked.suffix
  const place = port === undefined ? usual : data(`:${port}`)
  const address = joined(
    scheme === undefined ? fixed('$scheme') : data(scheme),
    fixed('://'),
    domain === undefined ? fixed('$host') : data(domain),
    place,
    path === undefined ? fixed('$request_uri') : data(path),
  )
  return directive('return', [data(String(status)), address])
}

/** The states of sixteen thousand visitors; beyond that the one who was away for longest is forgotten. */
const LIMIT_ZONE = '1m'
const MINUTE_S = 60

function limited(route: TableRoute, definitions: Definitions): readonly Statement[] {
  const limit = route.settings?.limit
  if (limit === undefined) return []
  const { requests, per, burst } = limit
  const zone = definitions.lasting('l_', routeKey(route), (name) =>
    directive('limit_req_zone', [
      fixed('$binary_remote_addr'),
      joined(fixed('zone='), name, fixed(`:${LIMIT_ZONE}`)),
      data(`rate=${requests}r/${per === 'second' ? 's' : 'm'}`),
    ]),
  )
  const waitS = per === 'second' ? 1 : Math.ceil(MINUTE_S / requests)
  const retry = definitions.variable('$rs_retry_', String(waitS), (name) =>
    directive(
      'map',
      [fixed('$limit_req_status'), name],
      [entry(fixed('default'), fixed('')), entry(fixed('REJECTED'), data(String(waitS)))],
    ),
  )
  return [
    addHeader(fixed('Retry-After'), retry),
    directive('limit_req', [
      joined(fixed('zone='), zone),
      ...(burst === 0 ? [] : [data(`burst=${burst}`), fixed('nodelay')]),
    ]),
    directive('limit_req_status', [fixed('429')]),
  ]
}

type Users = readonly string[] | 'anybody' | 'missing'

/** `missing` while an object that a route asks for is not at hand: then it is closed, never open. */
function usersOf({ auth, users: own }: RouteSettings, users: UsersByObject): Users {
  if (auth === undefined) return own ?? 'anybody'
  const known = users.get(auth)
  return known === undefined ? 'missing' : [...known, ...(own ?? [])]
}

const USER = /^[A-Za-z0-9_.@-]{1,64}:[A-Za-z0-9./$={}+]{1,190}$/

function authenticated(known: readonly string[], definitions: Definitions): readonly Statement[] {
  const lines = [...new Set(known)].sort()
  invariant(
    lines.every((line) => USER.test(line)),
    'a user for nginx is not well formed',
  )
  const file = definitions.file(lines.map((line) => `${line}\n`).join(''))
  return [directive('auth_basic', [fixed('restricted')]), directive('auth_basic_user_file', [file])]
}

/** Text only: what is compressed already, and streams of events, pass as they are. */
export const compressed: readonly Statement[] = [
  directive('gzip', [fixed('on')]),
  directive('gzip_vary', [fixed('on')]),
  directive('gzip_proxied', [fixed('any')]),
  directive('gzip_min_length', [fixed('1024')]),
  directive('gzip_types', [
    fixed('text/plain'),
    fixed('text/css'),
    fixed('text/xml'),
    fixed('text/javascript'),
    fixed('application/javascript'),
    fixed('application/json'),
    fixed('application/ld+json'),
    fixed('application/xml'),
    fixed('application/manifest+json'),
    fixed('image/svg+xml'),
  ]),
]

function addHeader(name: SafeText, value: SafeText): Statement {
  return directive('add_header', [name, value, fixed('always')])
}

import {
  type StreamField,
  laterContainerWords,
  laterRouteWords,
  shortFields,
  streamFieldsOf,
} from '@roadstead/master/core/routes/label-keys.ts'
import type { DialectKey } from '@roadstead/master/core/routes/dialects/dialect-key.ts'
import {
  virtualHostKeys,
  virtualHostLabelKeys,
} from '@roadstead/master/core/routes/dialects/nginx-proxy/virtual-host-keys.ts'
import { matcherKeys } from '@roadstead/master/core/routes/dialects/rule/matcher-keys.ts'
import { streamMatcherKeys } from '@roadstead/master/core/routes/dialects/traefik/stream-keys.ts'
import { traefikKeys } from '@roadstead/master/core/routes/dialects/traefik/traefik-labels.ts'
import {
  containerKeys,
  headerKey,
  type Meaning,
  routeKeys,
} from '../../scripts/docs/label-meanings.ts'
import { streamKeys } from '../../scripts/docs/stream-meanings.ts'

/** A key that is set, and the world around it with and without it, in the words of `world.ts`. */
export interface Row {
  readonly title: string
  /** What the docs say becomes of it. */
  readonly state: DialectKey['state']
  readonly with: string
  readonly without: string
  /** The same key, for whoever wants other values in it. */
  readonly set: KeyInPlace
}

/** A key, and what else a container says, so that the key means something. */
export interface KeyInPlace {
  readonly key: string
  readonly example: string
  readonly isVariable: boolean
  readonly labels: Texts
  readonly variables: Texts
}

type Texts = Readonly<Record<string, string>>

/** Rows of docs/labels.md. */
export function ownRows(): readonly Row[] {
  const general = Object.entries<Meaning>(containerKeys).map(([field, meaning]) =>
    ownRow(`roadstead.${field}`, meaning),
  )
  const short = shortFields.map((field) => ownRow(`roadstead.${field}`, routeKeys[field]))
  const routes = Object.entries<Meaning>({ ...routeKeys, [headerKey.key]: headerKey })
  const streams = (['tcp', 'udp'] as const).flatMap((protocol) =>
    streamFieldsOf[protocol].map((field) => streamRow(protocol, field)),
  )
  const later = [
    ...laterContainerWords.map((word) => `roadstead.${word}`),
    ...laterRouteWords.map((word) => `roadstead.http.api.${word}`),
    'roadstead.http.*.auth',
  ]
  return [
    ...short,
    ...general,
    ...routes.map(([field, it]) => ownRow(`roadstead.http.api.${field}`, it)),
    ...streams,
    ...later.map((key) => row(`${key} = x`, 'later', { without: PLACE, key, value: 'x' })),
  ]
}

/** Of the streams in docs/labels.md, in a container that asks for nothing else. */
function streamRow(protocol: 'tcp' | 'udp', field: StreamField): Row {
  const own = `roadstead.${protocol}.db.`
  const key = `${own}${field}`
  const { [key]: _, ...without }: Texts = {
    [`${own}listen`]: '15432',
    [`${own}port`]: '80',
    'roadstead.service': 'shop',
  }
  const value = streamKeys[field].example
  const options = field === 'port' ? TWO_PORTS : undefined
  return row(`${key} = ${value}`, 'works', { without, key, value, options })
}

interface Setting {
  /** Where another value than that of the docs shows more. */
  readonly example?: string
  /** More lines of the world. */
  readonly more?: string
  /** How the container is. */
  readonly options?: string
  /** Labels around it, instead of the usual ones. */
  readonly labels?: Texts
}

const TWO_PORTS = 'exposes 80,8080 accepts 80,8080'
const PLACE: Texts = {
  'roadstead.http.api.host': 'a.example',
  'roadstead.http.api.path': '/x',
  'roadstead.service': 'shop',
}

/** Where a key needs something else around it to make a difference. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'roadstead.host': { labels: {} },
  'roadstead.path': { labels: { 'roadstead.host': 'a.example' } },
  'roadstead.address': { example: 'published' },
  'roadstead.backup': { more: other() },
  'roadstead.weight': { more: other() },
  'roadstead.enable': { example: 'false' },
  'roadstead.inherit': {
    labels: { 'traefik.http.routers.api.rule': 'Host(`b.example`)', 'roadstead.weight': '3' },
  },
  'roadstead.network': { options: 'also-in back' },
  'roadstead.port': { options: TWO_PORTS },
  'roadstead.http.api.port': { options: TWO_PORTS },
  'roadstead.http.api.canary': { more: other('shop/next') },
  'roadstead.http.api.priority': {
    labels: {
      'roadstead.http.api.host': 'a.example',
      'roadstead.http.deep.host': 'a.example',
      'roadstead.http.deep.path': '/deep',
    },
  },
  'traefik.docker.network': { options: 'also-in back' },
}

function ownRow(key: string, { beside = {}, example }: Meaning): Row {
  const { labels = PLACE, ...setting } = SETTINGS[key] ?? {}
  const general = Object.entries(beside).map(([field, text]) => [`roadstead.${field}`, text])
  const { [key]: _, ...rest } = labels
  const without: Texts = { ...rest, ...Object.fromEntries(general) }
  const value = setting.example ?? example
  return row(`${key} = ${value}`, 'works', { ...setting, without, key, value })
}

/** Serves the same route in the same way. */
function other(service = 'shop'): string {
  const own = { 'roadstead.http.api.host': 'a.example', 'roadstead.http.api.path': '/x' }
  const labels = { ...own, 'roadstead.service': service }
  return ['  container other', ...lines(labels)].join('\n')
}

/** Rows of docs/dialects.md for Traefik, keys and then matchers. */
export function traefikRows(): readonly Row[] {
  const keys = traefikKeys.map((it): Row => {
    const key = it.key
      .replace(/<(?:router|service|middleware|transport)>/, 'web')
      .replace('<Name>', 'X-Team')
      .replace('…', 'x')
    const [, part = ''] = key.split('.')
    const protocol = part === 'tcp' || part === 'udp' ? part : 'http'
    const { [key]: _, ...without }: Texts = { ...AROUND[protocol], ...it.beside }
    const { example: value = it.example, options } = SETTINGS[key] ?? {}
    const isMiddleware = it.key.includes('<middleware>')
    const also: Texts = isMiddleware
      ? { [`traefik.${protocol}.routers.web.middlewares`]: 'web' }
      : {}
    const more = protocol === 'http' ? EXPOSED : ENTRY_POINTS
    return row(`${key} = ${value}`, it.state, { without, key, value, options, more, also })
  })
  const rules = matcherKeys.map((it): Row => {
    const key = 'traefik.http.routers.web.rule'
    const without = { [key]: 'Host(`a.example`)' }
    return row(`in a rule: ${it.example}`, it.state, { without, key, value: it.example })
  })
  const streamRules = streamMatcherKeys.map((it): Row => {
    const key = 'traefik.tcp.routers.web.rule'
    const { [key]: _, ...without }: Texts = AROUND.tcp
    const around = { without, key, value: it.example, more: ENTRY_POINTS }
    return row(`in a rule of TCP: ${it.example}`, it.state, around)
  })
  return [...keys, ...rules, ...streamRules]
}

/** What makes a key of Traefik mean something, by its protocol. */
const AROUND = {
  http: {
    'traefik.enable': 'true',
    'traefik.http.routers.web.rule': 'Host(`a.example`) && PathPrefix(`/x/`)',
    'traefik.http.services.web.loadbalancer.server.port': '80',
  },
  tcp: {
    'traefik.tcp.routers.web.rule': 'HostSNI(`*`)',
    'traefik.tcp.routers.web.entrypoints': 'pg',
    'traefik.tcp.services.web.loadbalancer.server.port': '80',
  },
  udp: {
    'traefik.udp.routers.web.entrypoints': 'dns',
    'traefik.udp.services.web.loadbalancer.server.port': '80',
  },
} as const

/** Rows of docs/dialects.md for the variables of nginx-proxy, and then its labels. */
export function virtualHostRows(): readonly Row[] {
  const asked = { VIRTUAL_HOST: 'a.example' }
  const variables = virtualHostKeys.map((it): Row => {
    const { [it.key]: _, ...rest }: Texts = { ...asked, ...it.beside }
    const without = { variables: rest, key: it.key, value: it.example, isVariable: true }
    return row(`env ${it.key} = ${it.example}`, it.state, { ...without, without: {} })
  })
  const labels = virtualHostLabelKeys.map((it): Row => {
    const around = { without: {}, variables: asked, key: it.key, value: it.example }
    return row(`${it.key} = ${it.example}`, it.state, around)
  })
  return [...variables, ...labels]
}

/** So that `traefik.enable` makes a difference. */
const EXPOSED = '| dialects:\n|   exposed-by-default: false'
const ENTRY_POINTS =
  '| dialects:\n|   entry-points: { pg: 15432, pg2: "tcp:15433", dns: "udp:15353" }'

interface Around {
  readonly key: string
  readonly value: string
  readonly without: Texts
  readonly variables?: Texts
  /** Comes and goes with the key. */
  readonly also?: Texts
  readonly isVariable?: boolean
  readonly more?: string
  readonly options?: string | undefined
}

function row(title: string, state: Row['state'], around: Around): Row {
  const { isVariable = false, key, more = '', value, variables = {}, without } = around
  const { options = 'exposes 80 accepts 80,81' } = around
  const world = (labels: Texts, environment: Texts): string =>
    [
      'host alpha',
      `  container web ${options} publishes 8080:80`,
      ...lines(labels),
      ...lines(environment, 'env '),
      more,
      'edge front on alpha',
    ].join('\n')
  const own = { ...around.also, [key]: value }
  return {
    title,
    state,
    set: {
      key,
      example: value,
      isVariable,
      labels: { ...without, ...around.also },
      variables,
    },
    without: world(without, variables),
    with: isVariable
      ? world(without, { ...variables, ...own })
      : world({ ...without, ...own }, variables),
  }
}

function lines(texts: Texts, before = ''): readonly string[] {
  return Object.entries(texts).map(([key, value]) => `    ${before}${key} = ${value}`)
}

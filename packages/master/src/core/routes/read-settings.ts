import type { HeaderSetting, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../graph/select.ts'
import { readDuration, TIMEOUT } from './durations.ts'
import { LabelReader, type Problem } from './found.ts'
import { readHeaderName, readHeaderValue } from './header-names.ts'
import type { Intent, PoolWishes } from './intent.ts'
import type { RouteField } from './label-keys.ts'
import type { RouteLabelSet } from './label-set.ts'
import { readFlag, shown } from './label-values.ts'
import { readRedirect } from './label-values-redirect.ts'
import {
  readAllow,
  readAuth,
  readCanary,
  readHsts,
  readHttps,
  readLimit,
  readPriority,
  readScheme,
  readSize,
} from './label-values-route.ts'

/** What one route says beyond its place. */
export interface RouteWishes extends Pick<Intent, 'priority' | 'settings' | 'canary'> {
  readonly pool: Pick<PoolWishes, 'scheme'>
}

/** The settings of a route, or the first thing that is wrong with them. */
export function readSettings({ fields, headers }: RouteLabelSet): RouteWishes | Problem {
  const reader = new LabelReader()
  const label = (field: RouteField) => fields.get(field)
  const priority = reader.read(label('priority'), readPriority)
  const scheme = reader.read(label('scheme'), readScheme)
  const canary = reader.read(label('canary'), readCanary)
  const settings: RouteSettings = {
    ...readAdmission(reader, fields),
    ...readPassing(reader, fields),
    ...readHeaders(reader, headers),
    ...readScheming(reader, fields),
    ...readHstsOf(reader, fields),
  }
  if (reader.first !== undefined) return reader.first
  return {
    priority: priority ?? 0,
    settings,
    pool: scheme === undefined || scheme === 'http' ? {} : { scheme },
    ...(canary !== undefined && { canary }),
  }
}

type Fields = RouteLabelSet['fields']

/** Who comes in, how often, and with how much. */
function readAdmission(reader: LabelReader, fields: Fields): RouteSettings {
  const allow = reader.read(fields.get('allow'), readAllow)
  const auth = reader.read(fields.get('auth'), readAuth)
  const limit = reader.read(fields.get('limit'), readLimit)
  const bodyBytesMax = reader.read(fields.get('body-size'), readSize)
  return {
    ...(allow !== undefined && { allow }),
    ...(auth !== undefined && { auth }),
    ...(limit !== undefined && { limit }),
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
  }
}

/** How requests and answers are passed on. */
function readPassing(reader: LabelReader, fields: Fields): RouteSettings {
  const flag = (field: RouteField) =>
    reader.read(fields.get(field), (text) => readFlag(text, 'invalid-flag'))
  const buffering = flag('buffering')
  const compress = flag('compress')
  const timeoutMs = reader.read(fields.get('timeout'), (text) => readDuration(text, TIMEOUT))
  return {
    ...(buffering !== undefined && { buffering }),
    ...(compress !== undefined && { compress }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
}

/** Where visitors are sent instead, and what becomes of those who come without TLS. */
function readScheming(reader: LabelReader, fields: Fields): RouteSettings {
  const [redirect, https] = [fields.get('redirect'), fields.get('https')]
  const wish = reader.read(redirect, readRedirect)
  const asked = reader.read(https, readHttps)
  if (wish?.kind === 'to') {
    return { redirect: wish.to, ...(asked !== undefined && { https: asked }) }
  }
  if (wish !== undefined && redirect !== undefined && https !== undefined) {
    const details = { label: shown(redirect.key), other: shown(https.key) }
    reader.refuse({ reason: 'incompatible-keys', details })
  }
  if (wish !== undefined) return { https: 'redirect' }
  return asked === undefined ? {} : { https: asked }
}

function readHstsOf(reader: LabelReader, fields: Fields): Pick<RouteSettings, 'hsts'> {
  const hsts = reader.read(fields.get('hsts'), readHsts)
  return hsts === undefined ? {} : { hsts }
}

const HEADERS_MAX = 32

/** In the order of their names, for which case has no meaning. */
function readHeaders(reader: LabelReader, headers: RouteLabelSet['headers']): RouteSettings {
  if (headers.size === 0) return {}
  if (headers.size > HEADERS_MAX) {
    const details = { what: 'headers of a route', max: String(HEADERS_MAX) }
    reader.refuse({ reason: 'over-budget', details })
  }
  const settings = new Map<string, HeaderSetting>()
  const keys = new Map<string, string>()
  for (const [text, label] of headers) {
    const name = reader.read({ ...label, value: text }, readHeaderName)
    const value = reader.read(label, readHeaderValue)
    if (name === undefined || value === undefined) continue
    const lower = name.toLowerCase()
    const other = keys.get(lower)
    if (other !== undefined) {
      const details = { label: shown(label.key), other: shown(other) }
      reader.refuse({ reason: 'incompatible-keys', details })
    }
    keys.set(lower, label.key)
    settings.set(lower, { name, value })
  }
  const sorted = [...settings].sort(([a], [b]) => compareText(a, b)).map(([, each]) => each)
  return sorted.length === 0 ? {} : { responseHeaders: sorted }
}

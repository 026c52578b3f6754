import {
  HeaderName,
  type HeaderSetting,
  HeaderValue,
  type RouteSettings,
} from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../../../graph/select.ts'
import { refusedHeader } from '../../header-names.ts'
import { shown } from '../../label-values.ts'
import type { Problem } from '../../found.ts'
import { readCount, readTruth } from '../go-values.ts'
import { type Apply, type Effects, invalid, withSettings } from './effects.ts'
import type { Owner, Said } from './traefik-labels.ts'

/** Fields that are one header each: by a switch with one value, or with their own. */
const SWITCHES = [
  { field: 'framedeny', name: 'X-Frame-Options', value: 'DENY' },
  { field: 'contenttypenosniff', name: 'X-Content-Type-Options', value: 'nosniff' },
  { field: 'browserxssfilter', name: 'X-XSS-Protection', value: '1; mode=block' },
] as const
const VALUES = [
  { field: 'customframeoptionsvalue', name: 'X-Frame-Options' },
  { field: 'custombrowserxssvalue', name: 'X-XSS-Protection' },
  { field: 'referrerpolicy', name: 'Referrer-Policy' },
  { field: 'contentsecuritypolicy', name: 'Content-Security-Policy' },
  { field: 'permissionspolicy', name: 'Permissions-Policy' },
] as const

const REQUEST = 'headers.customrequestheaders.'
const RESPONSE = 'headers.customresponseheaders.'

export const applyHeaders: Apply = (effects, owner) => {
  const response = [...readSwitches(owner), ...readValues(owner), ...readCustom(owner, RESPONSE)]
  const request = readCustom(owner, REQUEST)
  const sts = readSts(owner)
  const wrong = [...response, ...request, sts].find(isProblem)
  if (wrong !== undefined) return wrong
  const secure = owner.fields.get('headers.sslredirect')
  const isRedirected = secure === undefined ? false : readTruth(secure.value)
  if (secure !== undefined && isRedirected === undefined) return invalid(secure)
  const { hsts } = effects.settings
  const settings: RouteSettings = {
    ...(isRedirected === true && { https: 'prefer' }),
    ...(hsts === undefined && !isProblem(sts) && sts),
  }
  return withHeaders(withSettings(effects, settings), {
    request: request.filter(isHeader),
    response: response.filter(isHeader),
  })
}

/**
 * On the way in, the later middleware has the last word; on the way out, the earlier one. Headers are
 * one whatever the case of their names.
 */
export function withHeaders(
  effects: Effects,
  headers: {
    readonly request: readonly HeaderSetting[]
    readonly response: readonly HeaderSetting[]
  },
): Effects {
  const { requestHeaders = [], responseHeaders = [] } = effects.settings
  const request = oneEach([...requestHeaders, ...headers.request])
  const response = oneEach([...headers.response, ...responseHeaders])
  return withSettings(effects, {
    ...(request.length > 0 && { requestHeaders: request }),
    ...(response.length > 0 && { responseHeaders: response }),
  })
}

/** Of several of one name, the last. */
function oneEach(headers: readonly HeaderSetting[]): HeaderSetting[] {
  const byName = new Map(headers.map((header) => [header.name.toLowerCase(), header]))
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name))
}

type ReadHeader = HeaderSetting | Problem

function readSwitches(owner: Owner): readonly ReadHeader[] {
  return SWITCHES.flatMap(({ field, name, value }): readonly ReadHeader[] => {
    const said = owner.fields.get(`headers.${field}`)
    if (said === undefined) return []
    const isOn = readTruth(said.value)
    if (isOn === undefined) return [invalid(said)]
    return isOn ? [{ name, value }] : []
  })
}

function readValues(owner: Owner): readonly ReadHeader[] {
  return VALUES.flatMap(({ field, name }) => {
    const said = owner.fields.get(`headers.${field}`)
    return said === undefined || said.value === '' ? [] : [readHeader(name, said)]
  })
}

function readCustom(owner: Owner, prefix: typeof REQUEST | typeof RESPONSE): readonly ReadHeader[] {
  const side = prefix === REQUEST ? 'request' : 'response'
  return [...owner.fields]
    .filter(([field]) => field.startsWith(prefix))
    .map(([, said]) => {
      const name = said.key.slice(said.key.lastIndexOf('.') + 1)
      if (refusedHeader(name, side) === undefined) return readHeader(name, said)
      return { reason: 'header-refused', details: { label: shown(said.key) } } as const
    })
}

function readHeader(name: string, said: Said): ReadHeader {
  const header = HeaderName.safeParse(name)
  const value = HeaderValue.safeParse(said.value)
  return header.success && value.success ? { name: header.data, value: value.data } : invalid(said)
}

const HSTS_SECONDS_MAX = 63_072_000

function readSts(owner: Owner): Pick<RouteSettings, 'hsts'> | Problem {
  const seconds = owner.fields.get('headers.stsseconds')
  if (seconds === undefined) return {}
  const maxAgeS = readCount(seconds.value)
  if (maxAgeS === undefined || maxAgeS > HSTS_SECONDS_MAX) return invalid(seconds)
  const subdomains = owner.fields.get('headers.stsincludesubdomains')?.value ?? 'false'
  const preload = owner.fields.get('headers.stspreload')?.value ?? 'false'
  const [isSubdomains, isPreload] = [readTruth(subdomains), readTruth(preload)]
  if (isSubdomains === undefined || isPreload === undefined) return invalid(seconds)
  if (maxAgeS === 0) return {}
  return { hsts: { maxAgeS, subdomains: isSubdomains, preload: isPreload } }
}

function isHeader(each: ReadHeader): each is HeaderSetting {
  return !isProblem(each)
}

function isProblem(each: object): each is Problem {
  return 'reason' in each
}

import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Cidr, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../../../graph/select.ts'
import type { PoolWishes, Remark } from '../../intent.ts'
import { shown } from '../../label-values.ts'
import { KeyTable } from '../dialect-key.ts'
import type { Problem } from '../../found.ts'
import { virtualHostKeys, virtualHostLabelKeys } from './virtual-host-keys.ts'
import type { Variables } from './virtual-places.ts'

const variableKeys = new KeyTable(virtualHostKeys)
const labelKeys = new KeyTable(virtualHostLabelKeys)

/** Of the container, for all its names. */
export interface VirtualSettings {
  readonly settings: RouteSettings
  readonly pool: PoolWishes
  readonly remarks: readonly Remark[]
}

/** Private networks (RFC 1918, RFC 4193) and the machine itself. */
const PRIVATE: readonly Cidr[] = [
  '10.0.0.0/8',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
]

export function readVirtualSettings(
  variables: Variables,
  { labels, environmentNames }: Pick<Container, 'labels' | 'environmentNames'>,
): VirtualSettings | Problem {
  const access = readAccess(variables.get('NETWORK_ACCESS'))
  if ('reason' in access) return access
  const https = readHttps(variables.get('HTTPS_METHOD'))
  if ('reason' in https) return https
  const hsts = readHsts(variables.get('HSTS'))
  const ofLabels = readVirtualLabels(labels)
  if ('reason' in ofLabels) return ofLabels
  const { remarks: httpsRemarks, ...httpsSetting } = https
  return {
    settings: { ...access, ...httpsSetting, ...hsts.settings },
    pool: ofLabels.pool,
    remarks: [
      ...httpsRemarks,
      ...hsts.remarks,
      ...ofLabels.remarks,
      ...variableRemarks(environmentNames),
    ],
  }
}

function readAccess(text: string | undefined): Pick<RouteSettings, 'allow'> | Problem {
  if (text === undefined || text === '' || text === 'external') return {}
  if (text === 'internal') return { allow: [...PRIVATE] }
  return invalid('NETWORK_ACCESS', text)
}

function readHttps(
  text: string | undefined,
): (Pick<RouteSettings, 'https'> & { readonly remarks: readonly Remark[] }) | Problem {
  switch (text) {
    case undefined:
    case '':
      return { remarks: [] }
    case 'redirect':
      return { https: 'prefer', remarks: [] }
    case 'noredirect':
      return { https: 'both', remarks: [] }
    case 'nohttp':
      return { https: 'only', remarks: [] }
    case 'nohttps': {
      const why = 'Where an edge has a certificate for the name, it is served over TLS, too.'
      return { https: 'both', remarks: [{ key: 'HTTPS_METHOD', why }] }
    }
    default:
      return invalid('HTTPS_METHOD', text)
  }
}

const HSTS_SECONDS_MAX = 63_072_000

/** It tells browsers to insist on TLS later; where it is not understood, nobody comes in who did not. */
function readHsts(text: string | undefined): Pick<VirtualSettings, 'settings' | 'remarks'> {
  if (text === undefined || text === '' || text === 'off') return { settings: {}, remarks: [] }
  const [first = '', ...flags] = text.split(';').map((part) => part.trim().toLowerCase())
  const [, seconds] = /^max-age=([0-9]{1,8})$/.exec(first) ?? []
  const isKnown = flags.every((flag) => ['', 'includesubdomains', 'preload'].includes(flag))
  const maxAgeS = Number(seconds)
  if (seconds === undefined || !isKnown || maxAgeS > HSTS_SECONDS_MAX) {
    const why = 'Not sent: it is max-age=<seconds>, perhaps with includeSubDomains and preload.'
    return { settings: {}, remarks: [{ key: 'HSTS', why }] }
  }
  const subdomains = flags.includes('includesubdomains')
  const hsts = { maxAgeS, subdomains, preload: flags.includes('preload') }
  return { settings: { hsts }, remarks: [] }
}

const LABEL_PREFIX = 'com.github.nginx-proxy.nginx-proxy.'
const BALANCE = `${LABEL_PREFIX}loadbalance`

function readVirtualLabels(
  labels: Container['labels'],
): Pick<VirtualSettings, 'pool' | 'remarks'> | Problem {
  const remarks: Remark[] = []
  for (const key of Object.keys(labels)
    .filter((each) => each.startsWith(LABEL_PREFIX))
    .sort(compareText)) {
    const row = labelKeys.rowOf(key)
    const near = row === undefined ? labelKeys.nearest(key) : undefined
    const details = { label: shown(key), ...(near !== undefined && { nearest: near }) }
    if (row === undefined) return { reason: 'unknown-key', details }
    const isOff = labels[key] === 'off'
    if (row.reason !== undefined && !isOff)
      return { reason: row.reason, details: { ...details, why: row.why } }
    if (row.state === 'remark') remarks.push({ key: shown(key), why: row.why })
  }
  const balance = readBalance(labels[BALANCE])
  if ('reason' in balance) return balance
  return { pool: balance.pool, remarks: [...remarks, ...balance.remarks] }
}

const TURNS = 'Endpoints are asked in turns: requests are not told apart by this.'
const BY_ADDRESS =
  /^hash \$(?:remote_addr|binary_remote_addr|proxy_add_x_forwarded_for)(?: consistent)?$/

/** The words of nginx itself. Other text would have become part of a file, and never does here. */
function readBalance(
  text: string | undefined,
): Pick<VirtualSettings, 'pool' | 'remarks'> | Problem {
  const words = text?.replace(/;? *$/, '').trim().replace(/ +/g, ' ')
  switch (words) {
    case undefined:
    case '':
    case 'round_robin':
      return { pool: {}, remarks: [] }
    case 'least_conn':
      return { pool: { balance: 'least-conn' }, remarks: [] }
    case 'random two least_conn':
      return { pool: { balance: 'least-conn' }, remarks: [] }
    case 'ip_hash':
      return { pool: { balance: 'sticky' }, remarks: [] }
    case 'random':
    case 'random two':
      return { pool: {}, remarks: [{ key: BALANCE, why: 'Endpoints are asked in turns.' }] }
    default:
      if (BY_ADDRESS.test(words)) return { pool: { balance: 'sticky' }, remarks: [] }
      if (/^hash \$[a-z_]{1,40}(?: consistent)?$/.test(words)) {
        return { pool: {}, remarks: [{ key: BALANCE, why: TURNS }] }
      }
      return { reason: 'invalid-value', details: { label: BALANCE, value: shown(text ?? '') } }
  }
}

/** Names that begin alike and have nothing to do with it. */
const OF_OTHERS = new Set(['VIRTUAL_ENV', 'VIRTUAL_ENV_PROMPT'])

function variableRemarks(names: readonly string[]): readonly Remark[] {
  return names.toSorted(compareText).flatMap((key): readonly Remark[] => {
    const row = virtualHostKeys.find((each) => each.key === key)
    if (row !== undefined) return row.state === 'remark' ? [{ key, why: row.why }] : []
    if (!/^(?:VIRTUAL|LETSENCRYPT)_/.test(key) || OF_OTHERS.has(key)) return []
    const near = variableKeys.nearest(key)
    const nearest = near === undefined ? {} : { nearest: near }
    return [{ key: shown(key), why: 'This variable of nginx-proxy is not known.', ...nearest }]
  })
}

function invalid(variable: string, value: string): Problem {
  return { reason: 'invalid-value', details: { variable, value: shown(value) } }
}

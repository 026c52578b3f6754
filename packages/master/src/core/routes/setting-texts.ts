import type { Redirect, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { durationText } from './durations.ts'
import type { PoolWishes } from './intent.ts'

/**
 * Settings as people read them, by the key that says the same in our own labels, where there is one.
 * Of users that labels bring along only the names are shown: a hash is for nginx alone.
 */
export function settingTexts(settings: RouteSettings): Readonly<Record<string, string>> {
  const { limit, hsts, redirect } = settings
  const all: Record<string, string | undefined> = {
    'add-prefix': settings.addPrefix,
    allow: settings.allow?.join(','),
    auth: settings.auth && `basic:${settings.auth}`,
    'body-size': textOf(settings.bodyBytesMax, sizeText),
    buffering: flagText(settings.buffering),
    compress: flagText(settings.compress),
    hsts:
      hsts &&
      `${hsts.maxAgeS / DAY_S}d${hsts.subdomains ? ' subdomains' : ''}${hsts.preload ? ' preload' : ''}`,
    https: settings.https,
    limit: limit && `${limit.requests}r/${limit.per === 'second' ? 's' : 'm'} burst=${limit.burst}`,
    'own-host': flagText(settings.ownHost),
    'proxy-protocol': settings.proxyProtocol,
    redirect: redirect && redirectText(redirect),
    responses: textOf(settings.responses, String),
    'replace-path': settings.replacePath,
    timeout: textOf(settings.timeoutMs, durationText),
    users: settings.users?.map((user) => user.slice(0, user.indexOf(':'))).join(','),
    ...headerTexts('headers.set', settings.responseHeaders),
    ...headerTexts('headers.request', settings.requestHeaders),
  }
  const said = Object.entries(all).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, text] as const],
  )
  return Object.fromEntries(said)
}

const DAY_S = 86_400

/** What a service wants of how its containers are asked, in the same way. */
export function poolTexts({
  balance,
  cookie,
  scheme,
  connectTimeoutMs,
  health,
}: PoolWishes): Readonly<Record<string, string>> {
  return {
    ...(balance === 'sticky'
      ? { sticky: cookie === undefined ? 'address' : `cookie:${cookie}` }
      : balance !== undefined && { balance }),
    ...(scheme !== undefined && { scheme }),
    ...(connectTimeoutMs !== undefined && { 'connect-timeout': durationText(connectTimeoutMs) }),
    ...(health !== undefined && {
      'health.path': health.path,
      'health.interval': durationText(health.intervalMs),
      'health.expect': `${health.expect.from}-${health.expect.to}`,
      'health.grace': durationText(health.graceMs),
    }),
  }
}

function headerTexts(
  before: string,
  headers: RouteSettings['responseHeaders'] = [],
): Record<string, string> {
  return Object.fromEntries(
    headers.map(({ name, value }) => [`${before}.${name}`, value === '' ? 'taken away' : value]),
  )
}

/** In the largest unit that is exact. */
function sizeText(bytes: number): string {
  const units = ['', 'k', 'm', 'g'] as const
  const exact = units.filter((_, power) => bytes % 1_024 ** power === 0)
  return `${bytes / 1_024 ** (exact.length - 1)}${exact.at(-1) ?? ''}`
}

function redirectText({ scheme, domain, port, path, status }: Redirect): string {
  const host =
    domain === undefined && port === undefined ? '' : `//${domain ?? ''}${portText(port)}`
  const before = scheme === undefined ? '' : `${scheme}:`
  return `${before}${host}${path ?? ''} ${status}`
}

function portText(port: number | undefined): string {
  return port === undefined ? '' : `:${port}`
}

function textOf(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value)
}

function flagText(flag: boolean | undefined): string | undefined {
  return flag === undefined ? undefined : String(flag)
}

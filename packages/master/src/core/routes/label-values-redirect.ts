import { Port } from '@roadstead/shared/protocol/container.ts'
import { DomainName, PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { Redirect } from '@roadstead/shared/protocol/route-settings.ts'
import { type Read, refused, value } from './label-values.ts'

/** To the same address over TLS, which whoever comes by TLS is not sent to; or elsewhere. */
export type RedirectWish = { readonly kind: 'https' } | { readonly kind: 'to'; to: Redirect }

/** Browsers keep 301 and 308 for ever, so whoever wants that has to say so. */
const STATUS = 302

const TARGET = /^(?:(https?):\/\/([^/:]+)(?::([1-9][0-9]{0,4}))?)?(\/.*)?$/

/**
 * `https`, `/path`, or `https://name:port/path`, with a status after a blank. The parts are read by
 * the grammars that they have as labels of their own: the address is put together from them again,
 * and never passed on as it was written.
 */
export function readRedirect(text: string): Read<RedirectWish> {
  if (text === 'https') return value({ kind: 'https' })
  const [, target = '', code] = /^([^ ]+)(?: (301|302|303|307|308))?$/.exec(text) ?? []
  const [whole, scheme, name, number, under] = TARGET.exec(target) ?? []
  if (whole === undefined || whole === '') return refused('invalid-redirect')
  const domain = DomainName.safeParse(name)
  const path = PathPattern.safeParse(under)
  const port = Port.safeParse(Number(number))
  const isFit =
    domain.success === (name !== undefined) &&
    path.success === (under !== undefined) &&
    port.success === (number !== undefined)
  if (!isFit) return refused('invalid-redirect')
  const to: Redirect = {
    ...(domain.success && { domain: domain.data }),
    ...(path.success && { path: path.data }),
    ...(port.success && { port: port.data }),
    ...(scheme !== undefined && { scheme: scheme === 'https' ? 'https' : 'http' }),
    status: statusOf(code),
  }
  return value({ kind: 'to', to })
}

function statusOf(code: string | undefined): Redirect['status'] {
  switch (code) {
    case '301':
      return 301
    case '303':
      return 303
    case '307':
      return 307
    case '308':
      return 308
    default:
      return STATUS
  }
}

interface Place {
  readonly domain: string
  readonly path: string
}

/** Whether a visitor who follows it surely comes to where he was sent away. */
export function isLoop({ domain, path, port }: Redirect, from: Place): boolean {
  const isHere = domain === undefined || domain === from.domain
  return isHere && port === undefined && (path === undefined || path === from.path)
}

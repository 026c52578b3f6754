import type { ListenName, StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { Problem } from '../../found.ts'
import { shown } from '../../label-values.ts'
import { nearest } from '../../nearest.ts'
import type { DialectPolicy } from '../../policy.ts'
import { readList } from '../go-values.ts'
import type { Owner } from './traefik-labels.ts'

/** Where the visitors of a TCP or UDP router come to, and what is wrong with the rest of its list. */
export interface EntryPoints {
  /** Each once, in the order of the list. */
  readonly listens: readonly ListenName[]
  readonly problems: readonly Problem[]
}

/**
 * The ports that the policy gives to the entry points of a router. Traefik serves a router that names
 * none at all of them; here it would claim ports that nobody named.
 */
export function entryPointsOf(
  { fields }: Pick<Owner, 'fields'>,
  protocol: StreamProtocol,
  { entryPoints = {} }: Pick<DialectPolicy, 'entryPoints'>,
): EntryPoints {
  const said = fields.get('entrypoints')
  const names = new Set(readList(said?.value ?? ''))
  if (said === undefined || names.size === 0) {
    return { listens: [], problems: [{ reason: 'entry-point-missing', details: {} }] }
  }
  const listens = new Set<ListenName>()
  const problems: Problem[] = []
  for (const name of names) {
    const listen = Object.hasOwn(entryPoints, name) ? entryPoints[name] : undefined
    if (listen?.startsWith(`${protocol}:`) === true) listens.add(listen)
    else problems.push({ reason: 'entry-point-unknown', details: detailsOf(name, listen) })
  }
  return { listens: [...listens], problems }

  function detailsOf(name: string, listen: ListenName | undefined): Problem['details'] {
    const details = { label: shown(said?.key ?? ''), value: shown(name) }
    if (listen !== undefined) return { ...details, port: listen }
    const near = nearest(name, Object.keys(entryPoints))
    return near === undefined ? details : { ...details, nearest: near }
  }
}

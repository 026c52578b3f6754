import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { ObjectTrouble } from '@roadstead/shared/protocol/kept-object.ts'
import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import {
  type Decisions,
  keptObject,
  keptObjects,
  type ObjectPlace,
  placeOf,
} from './kept-objects.ts'
import type { Route } from '../routes/table.ts'
import { sealedFor } from './recipients.ts'

type Warning = StatusView['warnings'][number]

/** Objects that this master could not give to an edge that comes while it leads. */
export function sealedWarnings(decisions: Decisions, ownKey: PublicKey): readonly Warning[] {
  return keptObjects(decisions).flatMap((object) => {
    if (sealedFor(object).includes(ownKey)) return []
    return [
      {
        what: `This master holds no key for ${said(placeOf(object))}: edges that come get none of it.`,
        remedy:
          'A master that holds one seals it anew when it leads; if none is left, set it again.',
      },
    ]
  })
}

/** What edges could not take, and why. */
export function troubleWarnings(
  decisions: Decisions,
  edges: ReadonlyMap<string, { readonly status: EdgeStatus }>,
): readonly Warning[] {
  return [...edges.values()].flatMap(({ status: { name: edge, objects = [] } }) =>
    objects.flatMap(({ kind, name, trouble }): Warning[] => {
      const isKept = keptObject(decisions, { kind, name }) !== undefined
      if (!isKept || trouble === undefined || trouble === 'not-stored') return []
      const what = `Edge ${edge} does not take ${said({ kind, name })}: ${trouble}.`
      return [{ what, remedy: remedyOf(trouble) }]
    }),
  )
}

/** Certificates that visitors of an edge are not shown, because it listens nowhere with TLS. */
export function unshownWarnings(
  decisions: Decisions,
  edges: ReadonlyMap<string, { readonly status: Pick<EdgeStatus, 'name' | 'httpsPort'> }>,
): readonly Warning[] {
  const count = keptObjects(decisions).filter(({ facts }) => facts.object === 'certificate').length
  if (count === 0) return []
  const kept = count === 1 ? 'the certificate' : `any of the ${count} certificates`
  return [...edges.values()]
    .filter(({ status }) => status.httpsPort === undefined)
    .map(({ status: { name } }) => ({
      what: `Edge ${name} has no port with TLS, so it shows nobody ${kept} that the masters keep.`,
      remedy: 'Set ROADSTEAD_HTTPS_PORT of this edge, for example to 443, and start it again.',
    }))
}

/** Names of users that routes ask for and nobody has set; once for each name. */
export function missingWarnings(
  decisions: Decisions,
  routes: Iterable<Pick<Route, 'domain' | 'path' | 'settings'>>,
): readonly Warning[] {
  const missing = new Map<string, Warning>()
  for (const { domain, path, settings } of routes) {
    const name = settings?.auth
    if (name === undefined || missing.has(name)) continue
    if (keptObject(decisions, { kind: 'users', name }) !== undefined) continue
    missing.set(name, {
      what: `Route ${domain}${path} asks for users ${name}, which nobody has set, and answers 503.`,
      remedy: `Set them with \`roadstead users set ${name}\`, or correct the label.`,
    })
  }
  return [...missing.values()]
}

/** What is not stored yet is on its way; `certificates list` shows it when it stays so. */
function remedyOf(trouble: Exclude<ObjectTrouble, 'not-stored'>): string {
  switch (trouble) {
    case 'not-for-us':
      return 'The edge has another key than it is known by: let it join again.'
    case 'broken':
    case 'unreadable':
      return 'Set it again; if it stays so, compare the versions of masters and edge.'
    case 'key-does-not-fit':
      return 'Set the certificate again with the key that belongs to it.'
    case 'disk-full':
    case 'disk-failed':
      return 'Look at the disk of the edge; it serves what it had before, and tries again.'
    default:
      return unreachable(trouble)
  }
}

function said({ kind, name }: ObjectPlace): string {
  return `${kind} ${name}`
}

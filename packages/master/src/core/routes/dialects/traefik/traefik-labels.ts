import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { compareText } from '../../../graph/select.ts'
import { StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { Remark } from '../../intent.ts'
import { shown } from '../../label-values.ts'
import { type DialectKey, KeyTable } from '../dialect-key.ts'
import type { Problem } from '../../found.ts'
import { middlewareKeys } from './middleware-keys.ts'
import { routerKeys } from './router-keys.ts'
import { serviceKeys } from './service-keys.ts'
import { streamKeys } from './stream-keys.ts'

export const TRAEFIK_PREFIX = 'traefik.'

/** A label as written. */
export interface Said {
  readonly key: string
  readonly value: string
}

/** A router, a service or a middleware: what is said of it, and what is wrong with that. */
export interface Owner {
  readonly name: string
  /** By what follows its name, lowered; items of a list are joined by commas. */
  readonly fields: ReadonlyMap<string, Said>
  /** First words of everything that is said of it. */
  readonly kinds: ReadonlySet<string>
  /** Something of it is said by the container itself and not by its image. */
  readonly isOwn: boolean
  readonly problems: readonly Problem[]
}

/** What is defined beside each other, by lowered names. */
export interface Owners {
  readonly routers: ReadonlyMap<string, Owner>
  readonly services: ReadonlyMap<string, Owner>
  readonly middlewares: ReadonlyMap<string, Owner>
}

export interface TraefikLabels extends Owners {
  readonly count: number
  readonly bytes: number
  readonly enable?: Said
  readonly network?: Said
  /** What is no HTTP. */
  readonly streams: Readonly<Record<StreamProtocol, Owners>>
  readonly remarks: readonly Remark[]
}

const groups = ['routers', 'services', 'middlewares'] as const

/** What an image may say: it knows where its program listens. */
const PORT = '.server.port'

export const traefikKeys: readonly DialectKey[] = [
  ...routerKeys,
  ...serviceKeys,
  ...middlewareKeys,
  ...streamKeys,
]

const keys = new KeyTable(traefikKeys)

/** The labels of Traefik that a container has, sorted out; undefined when it has none. */
export function traefikLabels({
  labels,
  inheritedLabels,
}: Pick<Container, 'labels' | 'inheritedLabels'>): TraefikLabels | undefined {
  const own = ours(labels, false)
  const inherited = ours(inheritedLabels, true)
  const all = [...own, ...inherited.filter(({ key }) => !Object.hasOwn(labels, key))]
  if (all.length === 0) return undefined
  const sorter = new Sorter()
  for (const each of all.sort(compareLabels)) sorter.add(each)
  return sorter.finish(all)
}

interface Label extends Said {
  readonly inherited: boolean
  /** Lowered, and without the places of lists. */
  readonly path: string
  /** Place in a list. */
  readonly index?: number
}

function ours(labels: Readonly<Record<string, string>>, inherited: boolean): Label[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const lowered = key.toLowerCase()
    if (!lowered.startsWith(TRAEFIK_PREFIX)) return []
    const [, index] = /\[(\d{1,4})\]$/.exec(lowered) ?? []
    const path = lowered.replace(/\[\d{1,4}\]/g, '')
    return [{ key, value, inherited, path, ...(index !== undefined && { index: Number(index) }) }]
  })
}

function compareLabels(a: Label, b: Label): number {
  return (
    compareText(a.path, b.path) || (a.index ?? -1) - (b.index ?? -1) || compareText(a.key, b.key)
  )
}

/** Each is a search through all keys; who has more strange labels has not mistyped them. */
const SUGGESTIONS_MAX = 8

interface OwnerDraft extends Owner {
  readonly fields: Map<string, Said>
  readonly kinds: Set<string>
  isOwn: boolean
  readonly problems: Problem[]
}

type Group = (typeof groups)[number]
type Drafts = Readonly<Record<Group, Map<string, OwnerDraft>>>

/** Whose label it is, and what it says of it; without an owner it is about the container. */
interface Place {
  readonly group?: Group
  readonly owner?: OwnerDraft
  readonly field: string
}

class Sorter {
  readonly #drafts = { http: noDrafts(), tcp: noDrafts(), udp: noDrafts() } as const
  readonly #general = new Map<string, Said>()
  readonly #remarks: Remark[] = []
  #suggestions = 0

  add(label: Label): void {
    const row = keys.rowOf(label.path)
    const { group, owner, field } = this.#ownerOf(label)
    owner?.kinds.add(field.split('.')[0] ?? '')
    if (row === undefined) this.#unknown(label, group, owner)
    else if (label.inherited && !row.key.endsWith(PORT)) this.#inherited(label, owner)
    else if (row.reason !== undefined) owner?.problems.push(notServed(label, row.reason, row.why))
    else {
      const isFirst = addTo(owner?.fields ?? this.#general, field, label)
      if (!isFirst) owner?.problems.push(saidTwice(label))
      if (row.state === 'remark')
        this.#remark(label, row.why, group === 'routers' ? owner : undefined)
    }
  }

  finish(all: readonly Label[]): TraefikLabels {
    const enable = this.#general.get('traefik.enable')
    const network = this.#general.get('traefik.docker.network')
    return {
      count: all.length,
      bytes: all.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
      ...(enable !== undefined && { enable }),
      ...(network !== undefined && { network }),
      ...this.#drafts.http,
      streams: this.#drafts,
      remarks: this.#remarks,
    }
  }

  #ownerOf({ path, inherited }: Label): Place {
    const [, first, word = '', name = '', ...rest] = path.split('.')
    const protocol = first === 'http' ? first : StreamProtocol.safeParse(first).data
    const group = groups.find((each) => each === word)
    if (protocol === undefined || group === undefined || name === '' || rest.length === 0) {
      return { field: path }
    }
    const owners = this.#drafts[protocol][group]
    // The name of a stream holds its protocol, so that it never is that of another route.
    const isStream = protocol !== 'http' && group === 'routers'
    const owner = owners.get(name) ?? noOwner(isStream ? `${protocol}.${name}` : name)
    owner.isOwn ||= !inherited
    owners.set(name, owner)
    return { group, owner, field: rest.join('.') }
  }

  #unknown(label: Label, group: Group | undefined, owner: OwnerDraft | undefined): void {
    const near = this.#suggestions < SUGGESTIONS_MAX ? keys.nearest(label.path) : undefined
    this.#suggestions += 1
    const nearest = near === undefined ? {} : { nearest: shown(near) }
    if (owner === undefined || group === 'services') {
      const why = 'This label of Traefik is not known.'
      this.#remarks.push({ key: shown(label.key), why, ...nearest })
    } else {
      owner.problems.push({
        reason: 'unknown-key',
        details: { label: shown(label.key), ...nearest },
      })
    }
  }

  #inherited(label: Label, owner: OwnerDraft | undefined): void {
    if (owner === undefined) this.#remark(label, 'It comes from the image, which claims no names.')
    else owner.problems.push({ reason: 'label-inherited', details: { label: shown(label.key) } })
  }

  #remark({ key }: Label, why: string, router?: Owner): void {
    this.#remarks.push({ key: shown(key), why, ...(router && { route: router.name }) })
  }
}

function noDrafts(): Drafts {
  return { routers: new Map(), services: new Map(), middlewares: new Map() }
}

function noOwner(name: string): OwnerDraft {
  return { name: shown(name), fields: new Map(), kinds: new Set(), isOwn: false, problems: [] }
}

/** False when it has been said already, and not as another item of a list. */
function addTo(fields: Map<string, Said>, field: string, label: Label): boolean {
  const before = fields.get(field)
  const isList = label.index !== undefined && before?.key.endsWith(']') === true
  if (before !== undefined && !isList) return false
  const value = before === undefined ? label.value : `${before.value},${label.value}`
  fields.set(field, { key: label.key, value })
  return true
}

function notServed({ key }: Said, reason: ReasonCode, why: string): Problem {
  return { reason, details: { label: shown(key), why } }
}

function saidTwice({ key }: Said): Problem {
  return { reason: 'duplicate-route', details: { label: shown(key) } }
}

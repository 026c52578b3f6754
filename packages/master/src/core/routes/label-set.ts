import type { Container } from '@roadstead/shared/protocol/container.ts'
import { compareText } from '../graph/select.ts'
import type { Problem } from './found.ts'
import {
  type ContainerField,
  DEFAULT_ROUTE,
  LABEL_PREFIX,
  type LabelKey,
  readLabelKey,
  type RouteField,
  type StreamField,
} from './label-keys.ts'
import { shown } from './label-values.ts'

/** A label with our prefix, from the container itself or baked into its image. */
export interface Label {
  readonly key: string
  readonly value: string
  readonly inherited: boolean
}

/** Labels sorted out by what they speak of. Maps, so that no key can mean anything to the language. */
export interface Labels {
  readonly count: number
  readonly bytes: number
  /** Labels that hold for all routes, by field. */
  readonly general: ReadonlyMap<ContainerField, Label>
  /** What is wrong with labels that concern all routes, by key. */
  readonly problems: readonly Problem[]
  /** Every route that is named anywhere; never empty. */
  readonly routes: ReadonlyMap<string, RouteLabelSet>
}

export interface RouteLabelSet {
  readonly fields: ReadonlyMap<RouteField | StreamField, Label>
  /** By name, as it was written. */
  readonly headers: ReadonlyMap<string, Label>
  readonly problems: readonly Problem[]
}

/**
 * The labels of a container that are ours; undefined when they ask for nothing. A port may come from
 * the image, which knows where it listens. All else there is the publisher's word and not the
 * operator's: it is not followed, and not dropped in silence either, as it may have been a restriction.
 */
export function collectLabels(container: Container): Labels | undefined {
  const all = ourLabels(container)
  if (all.length === 0) return undefined
  const sorter = new Sorter()
  for (const label of all) sorter.add(label)
  return sorter.finish(all)
}

function ourLabels({ labels, inheritedLabels }: Container): readonly Label[] {
  const found: Label[] = []
  for (const key in labels) {
    const value = labels[key]
    if (value !== undefined && isOurs(key)) found.push({ key, value, inherited: false })
  }
  for (const key in inheritedLabels) {
    const value = inheritedLabels[key]
    const isOverridden = Object.hasOwn(labels, key)
    if (value !== undefined && isOurs(key) && !isOverridden) {
      found.push({ key, value, inherited: true })
    }
  }
  return found.sort((a, b) => compareText(a.key, b.key))
}

function isOurs(key: string): boolean {
  return key.startsWith(LABEL_PREFIX)
}

interface RouteDraft {
  readonly fields: Map<RouteField | StreamField, Label>
  readonly headers: Map<string, Label>
  readonly problems: Problem[]
}

class Sorter {
  readonly #general = new Map<ContainerField, Label>()
  readonly #problems: Problem[] = []
  readonly #routes = new Map<string, RouteDraft>()

  add(label: Label): void {
    const key = readLabelKey(label.key)
    switch (key.kind) {
      case 'container':
        if (label.inherited && key.field !== 'port') this.#problems.push(inherited(label))
        else this.#general.set(key.field, label)
        break
      case 'route':
        this.#addToRoute(key.route, key.field, label)
        break
      case 'header':
        if (label.inherited) this.#problemsOf(key.route).push(inherited(label))
        else this.#draftOf(key.route).headers.set(key.name, label)
        break
      default:
        this.#problemsOf(key.route).push(notUnderstood(label, key))
    }
  }

  finish(all: readonly Label[]): Labels | undefined {
    const own = all.filter((label) => !label.inherited)
    const enable = this.#general.get('enable')
    this.#forgetPortsOfImages()
    if (this.#routes.size === 0) {
      const saysOnlyNo = own.length === 1 && enable?.value === 'false'
      if (own.length === 0 || saysOnlyNo) return undefined
      this.#problemsOf(DEFAULT_ROUTE)
    }
    return {
      count: all.length,
      bytes: all.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
      general: this.#general,
      problems: this.#problems,
      routes: this.#routes,
    }
  }

  /** An image that knows its port has not asked for a route. */
  #forgetPortsOfImages(): void {
    for (const [route, { fields, headers, problems }] of this.#routes) {
      const isOurs = [...fields.values()].some((label) => !label.inherited)
      const isAsked = problems.length + headers.size > 0 || isOurs
      if (!isAsked) this.#routes.delete(route)
    }
  }

  #addToRoute(route: string, field: RouteField | StreamField, label: Label): void {
    const { fields, problems } = this.#draftOf(route)
    const twice = fields.get(field)
    if (label.inherited && field !== 'port') problems.push(inherited(label))
    else if (twice !== undefined) problems.push(saidTwice(label, twice))
    else fields.set(field, label)
  }

  #problemsOf(route: string | undefined): Problem[] {
    return route === undefined ? this.#problems : this.#draftOf(route).problems
  }

  #draftOf(route: string): RouteDraft {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const fresh: RouteDraft = { fields: new Map(), headers: new Map(), problems: [] }
    this.#routes.set(route, fresh)
    return fresh
  }
}

function inherited({ key, value }: Label): Problem {
  return { reason: 'label-inherited', details: { label: shown(key), value: shown(value) } }
}

function notUnderstood(
  { key }: Label,
  meaning: Extract<LabelKey, { kind: 'later' | 'unknown' }>,
): Problem {
  if (meaning.kind === 'later') return { reason: 'key-later', details: { label: shown(key) } }
  const { nearest } = meaning
  return {
    reason: 'unknown-key',
    details: { label: shown(key), ...(nearest !== undefined && { nearest }) },
  }
}

/** `roadstead.host` and `roadstead.http.default.host` are two names of one label. */
function saidTwice(label: Label, first: Label): Problem {
  const details = { label: shown(label.key), other: shown(first.key) }
  return { reason: 'duplicate-route', details }
}

import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import { readPath, shown } from '../../label-values.ts'
import { nearest } from '../../nearest.ts'
import type { Problem } from '../../found.ts'
import { readList, readTruth } from '../go-values.ts'
import { type Apply, type Effects, invalid, noEffects, withSettings } from './effects.ts'
import { applyHeaders } from './headers.ts'
import { readReference } from './references.ts'
import { applyAllowList, applyBasicAuth, applyBuffering, applyRateLimit } from './restrictions.ts'
import type { Owner, TraefikLabels } from './traefik-labels.ts'

/** Middlewares of one route, those of chains counted one by one. */
const MIDDLEWARES_MAX = 32

/** Applies middlewares in their order; the first that cannot be applied keeps the route out. */
export function applyMiddlewares(
  names: string | undefined,
  { middlewares }: Pick<TraefikLabels, 'middlewares'>,
  kinds: Kinds = KINDS,
): Effects | Problem {
  return new Applying(middlewares, kinds).all(names ?? '', noEffects)
}

/** What is not here only tunes, and has been remarked on. */
type Kinds = ReadonlyMap<string, Apply>

class Applying {
  readonly #middlewares: TraefikLabels['middlewares']
  /** Chains that we are inside of. */
  readonly #open = new Set<string>()
  readonly #kinds: Kinds
  #count = 0

  constructor(middlewares: TraefikLabels['middlewares'], kinds: Kinds) {
    this.#middlewares = middlewares
    this.#kinds = kinds
  }

  all(names: string, before: Effects): Effects | Problem {
    let effects = before
    for (const name of readList(names)) {
      const after = this.#one(name, effects)
      if ('reason' in after) return after
      effects = after
    }
    return effects
  }

  #one(written: string, effects: Effects): Effects | Problem {
    const reference = readReference(written)
    if ('reason' in reference) return reference
    const { name } = reference
    const owner = this.#middlewares.get(name)
    if (owner === undefined) return this.#unknown(name)
    this.#count += 1
    if (this.#count > MIDDLEWARES_MAX) return tooMany
    const [first] = owner.problems
    if (first !== undefined) return first
    const [kind = '', ...others] = owner.kinds
    if (others.length > 0) {
      return refused(owner, `it is of several kinds: ${[kind, ...others].join(', ')}`)
    }
    if (kind === 'chain') return this.#chain(name, owner, effects)
    const apply = this.#kinds.get(kind)
    return apply === undefined ? effects : apply(effects, owner)
  }

  #chain(name: string, owner: Owner, effects: Effects): Effects | Problem {
    if (this.#open.has(name)) return refused(owner, 'it leads back to itself')
    this.#open.add(name)
    const after = this.all(owner.fields.get('chain.middlewares')?.value ?? '', effects)
    this.#open.delete(name)
    return after
  }

  #unknown(name: string): Problem {
    const near = nearest(name, [...this.#middlewares.keys()])
    return {
      reason: 'middleware-unknown',
      details: { middleware: shown(name), ...(near !== undefined && { nearest: shown(near) }) },
    }
  }
}

const applyStripPrefix: Apply = (effects, owner) => {
  const said = owner.fields.get('stripprefix.prefixes')
  if (said === undefined) return effects
  const prefixes = readList(said.value)
  if (prefixes.some((prefix) => readPath(prefix).kind === 'refused')) return invalid(said)
  return { ...effects, steps: [...effects.steps, { kind: 'strip', prefixes, label: said.key }] }
}

const applyAddPrefix: Apply = (effects, owner) => {
  const said = owner.fields.get('addprefix.prefix')
  if (said === undefined) return refused(owner, 'it has no addprefix.prefix')
  const prefix = PathPattern.safeParse(said.value)
  if (!prefix.success) return invalid(said)
  return { ...effects, steps: [...effects.steps, { kind: 'add', prefix: prefix.data }] }
}

const applyReplacePath: Apply = (effects, owner) => {
  const said = owner.fields.get('replacepath.path')
  if (said === undefined) return refused(owner, 'it has no replacepath.path')
  const path = PathPattern.safeParse(said.value)
  if (!path.success) return invalid(said)
  return { ...effects, steps: [...effects.steps, { kind: 'replace', path: path.data }] }
}

const applyRedirectScheme: Apply = (effects, owner) => {
  const said = owner.fields.get('redirectscheme.scheme')
  if (said === undefined) return refused(owner, 'it has no redirectscheme.scheme')
  return said.value.toLowerCase() === 'https'
    ? withSettings(effects, { https: 'prefer' })
    : invalid(said)
}

const applyCompress: Apply = (effects, owner) => {
  const said = owner.fields.get('compress')
  const isOn = said === undefined ? true : readTruth(said.value)
  if (said !== undefined && isOn === undefined) return invalid(said)
  return isOn === true ? withSettings(effects, { compress: true }) : effects
}

const KINDS: Kinds = new Map([
  ['addprefix', applyAddPrefix],
  ['basicauth', applyBasicAuth],
  ['buffering', applyBuffering],
  ['compress', applyCompress],
  ['headers', applyHeaders],
  ['ipallowlist', applyAllowList],
  ['ipwhitelist', applyAllowList],
  ['ratelimit', applyRateLimit],
  ['redirectscheme', applyRedirectScheme],
  ['replacepath', applyReplacePath],
  ['stripprefix', applyStripPrefix],
])

/** Of connections. */
export const CONNECTION_KINDS: Kinds = new Map([
  ['ipallowlist', applyAllowList],
  ['ipwhitelist', applyAllowList],
])

function refused({ name }: Owner, why: string): Problem {
  return { reason: 'middleware-refused', details: { middleware: name, why } }
}

const tooMany: Problem = {
  reason: 'over-budget',
  details: { what: 'middlewares of one route', max: String(MIDDLEWARES_MAX) },
}

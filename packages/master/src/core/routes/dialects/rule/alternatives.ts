import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { RouteCondition, RouteTest } from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../../../graph/select.ts'
import type { Problem } from '../../found.ts'
import { type Atom, matcherText, readMatcher } from './matchers.ts'
import type { Matcher, Rule } from './parse.ts'
import { isWithin, narrower, type Place } from './places.ts'

/** One route of those that a rule means together. */
export interface Alternative extends Place {
  /** As written, lowered; not yet known to be a name. */
  readonly domain: string
  readonly when?: RouteCondition
}

type Meaning =
  | { readonly kind: 'alternatives'; readonly alternatives: readonly Alternative[] }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** Routes that one rule may become. */
export const ROUTES_PER_RULE_MAX = 16
/** On the way there; what excludes itself is dropped at once. */
const CASES_MAX = 64
/** As many as a condition can carry. */
const TESTS_MAX = 8

/**
 * Turns a rule into routes that mean the same together: every way through it is one route with one
 * name, one place and tests that all hold. What says "not" goes down to the matchers first, and is
 * rendered, or decided here, or refused; it is never dropped.
 */
export function alternativesOf(rule: Rule): Meaning {
  const expanded = expand(rule, false)
  if ('reason' in expanded) return { kind: 'refused', problem: expanded }
  const found = new Map<string, Alternative>()
  for (const each of expanded) {
    const settled = settle(each)
    if (settled === undefined) continue
    if ('reason' in settled) return { kind: 'refused', problem: settled }
    found.set(JSON.stringify(settled), settled)
  }
  if (found.size === 0) return refuse('rule-refused', { part: 'no request can fit all of it' })
  if (found.size > ROUTES_PER_RULE_MAX) return { kind: 'refused', problem: tooMany }
  return { kind: 'alternatives', alternatives: [...found.values()] }
}

/** Every name that a rule speaks of, whatever it says of it. */
export function namesIn(rule: Rule): readonly string[] {
  if (rule.kind === 'not') return namesIn(rule.of)
  if (rule.kind !== 'matcher') return rule.of.flatMap(namesIn)
  const atom = readMatcher(rule)
  return atom.kind === 'domains' ? atom.domains : []
}

/** One way through a rule, as far as it is known. */
interface Case {
  readonly domain?: string
  readonly place?: Place
  readonly notDomains: readonly string[]
  readonly notPlaces: readonly (Place & { readonly part: string })[]
  readonly tests: readonly RouteTest[]
}

const anything: Case = { notDomains: [], notPlaces: [], tests: [] }

function expand(rule: Rule, isNot: boolean): readonly Case[] | Problem {
  switch (rule.kind) {
    case 'not':
      return expand(rule.of, !isNot)
    case 'matcher': {
      const atom = readMatcher(rule)
      if (atom.kind === 'refused') return atom.problem
      return isNot ? [negative(atom, rule)] : positive(atom)
    }
    default: {
      // "Not all of these" is "one of these not", and the other way round.
      const isEvery = (rule.kind === 'all') !== isNot
      return combine(rule.of, isNot, isEvery)
    }
  }
}

function combine(
  rules: readonly Rule[],
  isNot: boolean,
  isEvery: boolean,
): readonly Case[] | Problem {
  let cases: readonly Case[] = isEvery ? [anything] : []
  for (const rule of rules) {
    const own = expand(rule, isNot)
    if ('reason' in own) return own
    cases = isEvery ? crossed(cases, own) : [...cases, ...own]
    if (cases.length > CASES_MAX) return tooMany
  }
  return cases
}

function crossed(some: readonly Case[], others: readonly Case[]): readonly Case[] {
  return some.flatMap((one) =>
    others.map((other) => merged(one, other)).filter((each) => each !== undefined),
  )
}

function positive(atom: Atom): readonly Case[] {
  switch (atom.kind) {
    case 'domains':
      return atom.domains.map((domain) => ({ ...anything, domain }))
    case 'places':
      return atom.places.map((place) => ({ ...anything, place }))
    case 'test':
      return [{ ...anything, tests: [atom.test] }]
  }
}

function negative(atom: Atom, matcher: Matcher): Case {
  switch (atom.kind) {
    case 'domains':
      return { ...anything, notDomains: atom.domains }
    case 'places': {
      const part = `!${matcherText(matcher)}`
      return { ...anything, notPlaces: atom.places.map((place) => ({ ...place, part })) }
    }
    case 'test':
      return { ...anything, tests: [{ ...atom.test, not: true }] }
  }
}

/** Undefined when no request fits both. */
function merged(a: Case, b: Case): Case | undefined {
  if (a.domain !== undefined && b.domain !== undefined && a.domain !== b.domain) return undefined
  const domain = a.domain ?? b.domain
  const place = a.place && b.place ? narrower(a.place, b.place) : (a.place ?? b.place)
  if (a.place !== undefined && b.place !== undefined && place === undefined) return undefined
  return {
    ...(domain !== undefined && { domain }),
    ...(place !== undefined && { place }),
    notDomains: [...a.notDomains, ...b.notDomains],
    notPlaces: [...a.notPlaces, ...b.notPlaces],
    tests: [...a.tests, ...b.tests],
  }
}

/** A finished route; undefined when it is no way at all. */
function settle({ domain, place, ...rest }: Case): Alternative | Problem | undefined {
  if (domain === undefined) {
    return { reason: 'host-missing', details: { part: 'a way through the rule without Host' } }
  }
  if (rest.notDomains.includes(domain)) return undefined
  const own = place ?? everywhere
  for (const other of rest.notPlaces) {
    if (isWithin(own, other)) return undefined
    if (narrower(own, other) !== undefined) {
      return { reason: 'rule-refused', details: { part: other.part } }
    }
  }
  const tests = new Map(rest.tests.map((test) => [canonical(test), test]))
  if (tests.size > TESTS_MAX) return tooManyTests
  const when = [...tests].sort(([a], [b]) => compareText(a, b)).map(([, test]) => test)
  return { domain, ...own, ...(when.length > 0 && { when }) }
}

const everywhere: Place = { match: 'prefix', path: PathPattern.parse('/') }

const tooMany: Problem = {
  reason: 'over-budget',
  details: { what: 'routes of one rule', max: String(ROUTES_PER_RULE_MAX) },
}

const tooManyTests: Problem = {
  reason: 'over-budget',
  details: { what: 'conditions of one route', max: String(TESTS_MAX) },
}

function refuse(reason: Problem['reason'], details: Problem['details']): Meaning {
  return { kind: 'refused', problem: { reason, details } }
}

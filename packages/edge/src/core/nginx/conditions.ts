import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { RouteCondition, RouteTest } from '@roadstead/shared/protocol/route-settings.ts'
import type { Definitions } from './definitions.ts'
import {
  data,
  directive,
  entry,
  fixed,
  headerValue,
  joined,
  type SafeText,
  type Statement,
  visitorVariable,
} from './directive.ts'
import { type Network, networkText, parseNetwork } from './network.ts'

/**
 * Conditions as variables of nginx, found by maps alone: no regular expression, and nothing is done
 * for a request that asks for none of them. A variable is `1` or `0`; what `fits` of `match-path.ts`
 * says in a function is said here once more in nginx's words.
 */
export function conditionVariable(when: RouteCondition, definitions: Definitions): SafeText {
  const tests = when.map((one) => testVariable(one, definitions))
  const [first] = tests
  if (first !== undefined && tests.length === 1) return first
  return definitions.variable('$rs_fits_', canonical(when), (name) =>
    directive(
      'map',
      [joined(...tests), name],
      [entry(fixed('default'), fixed('0')), entry(data('1'.repeat(tests.length)), fixed('1'))],
    ),
  )
}

export function testVariable(one: RouteTest, definitions: Definitions): SafeText {
  return definitions.variable('$rs_test_', canonical(one), (name) => defined(one, name))
}

/** One step of a choice: with `fits`, only for requests of which that holds. */
export interface Step {
  readonly fits: SafeText | undefined
  readonly way: SafeText
}

/** The variable that names the way of the first step that fits, and `otherwise` when none does. */
export function wayVariable(
  steps: readonly Step[],
  otherwise: SafeText,
  definitions: Definitions,
): SafeText {
  const [step, ...rest] = steps
  if (step === undefined) return otherwise
  const { fits, way } = step
  if (fits === undefined) return way
  const next = wayVariable(rest, otherwise, definitions)
  return definitions.variable('$rs_way_', `${fits} ${way} ${next}`, (name) =>
    directive('map', [fits, name], [entry(fixed('default'), next), entry(fixed('1'), way)]),
  )
}

function defined(one: RouteTest, name: SafeText): Statement {
  const [no, yes] = one.not ? [fixed('1'), fixed('0')] : [fixed('0'), fixed('1')]
  const otherwise = entry(fixed('default'), no)
  switch (one.kind) {
    case 'method': {
      const methods = [...new Set(one.methods)].sort()
      const entries = methods.map((method) => entry(data(method), yes))
      return directive('map', [fixed('$request_method'), name], [otherwise, ...entries])
    }
    case 'header': {
      // Behind a sign, so that no value is a word with a meaning, such as `default`.
      const value = one.value === '' ? fixed('=') : joined(fixed('='), headerValue(one.value))
      const asked = joined(fixed('='), visitorVariable('http', one.name))
      return directive('map', [asked, name], [otherwise, entry(value, yes)])
    }
    case 'client': {
      const entries = networksOf(one.networks).map((text) => entry(data(text), yes))
      return directive('geo', [name], [otherwise, ...entries])
    }
  }
}

/** Each once, without host bits; one that cannot be read is nobody's, and so lets nobody in. */
function networksOf(texts: readonly string[]): readonly string[] {
  const networks = texts.flatMap((text) => parseNetwork(text) ?? []).flatMap(halvesOfAll)
  return [...new Set(networks.map(networkText))].sort()
}

/** All addresses are what nginx calls `default`, which is there already. */
function halvesOfAll(network: Network): readonly Network[] {
  const { bits, length } = network
  if (length > 0) return [network]
  return [0n, 1n << BigInt(bits - 1)].map((base) => ({ bits, base, length: 1 }))
}

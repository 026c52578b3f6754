import type { Problem } from '../../found.ts'
import { shown } from '../../label-values.ts'
import { matcherText } from '../rule/matchers.ts'
import type { Matcher, Rule } from '../rule/parse.ts'
import { readRuleText } from './rule-text.ts'
import type { Said } from './traefik-labels.ts'

/** What is wrong with the rule of a TCP router; undefined when it means everybody. */
export function whyNotEverybody(said: Said): Problem | undefined {
  const read = readRuleText(said)
  if ('reason' in read) return read
  const label = shown(said.key)
  const { rule } = read
  const odd = matchersIn(rule).find((each) => !isEverybody(each))
  if (odd !== undefined) {
    return { reason: reasonFor(odd), details: { label, part: matcherText(odd) } }
  }
  // Of nothing but everybody only the opposite is anything else.
  return rule.kind === 'matcher' ? undefined : { reason: 'rule-refused', details: { label } }
}

function matchersIn(rule: Rule): readonly Matcher[] {
  switch (rule.kind) {
    case 'matcher':
      return [rule]
    case 'not':
      return matchersIn(rule.of)
    default:
      return rule.of.flatMap(matchersIn)
  }
}

function isEverybody({ name, values }: Matcher): boolean {
  return isNamed(name, 'HostSNI') && values.length === 1 && values[0] === '*'
}

function reasonFor({ name }: Matcher): Problem['reason'] {
  if (isNamed(name, 'HostSNI')) return 'key-later'
  return isNamed(name, 'HostSNIRegexp') ? 'regex-refused' : 'rule-refused'
}

function isNamed(name: string, known: string): boolean {
  return name.toLowerCase() === known.toLowerCase()
}

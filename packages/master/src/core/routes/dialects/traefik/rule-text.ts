import { LABEL_VALUE_CARRIED_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { Problem } from '../../found.ts'
import { shown } from '../../label-values.ts'
import { parseRule, type Rule } from '../rule/parse.ts'
import type { Said } from './traefik-labels.ts'

/** The rule of a router as a tree. */
export function readRuleText({ key, value }: Said): { readonly rule: Rule } | Problem {
  const label = shown(key)
  if (isCut({ value })) {
    const max = String(LABEL_VALUE_CARRIED_MAX - 1)
    return { reason: 'over-budget', details: { what: 'characters of a rule', label, max } }
  }
  const parsed = parseRule(value)
  if (parsed.kind === 'rule') return parsed
  const details = { label, at: String(parsed.at), expected: parsed.expected }
  return { reason: 'rule-unreadable', details }
}

/** What was cut on its way may be a rule that restricts less than the whole. */
export function isCut({ value }: Pick<Said, 'value'>): boolean {
  return value.length >= LABEL_VALUE_CARRIED_MAX
}

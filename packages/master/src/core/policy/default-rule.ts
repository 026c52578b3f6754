import type { Container } from '@roadstead/shared/protocol/container.ts'
import { DomainName } from '@roadstead/shared/protocol/route.ts'
import { z } from 'zod'
import { nameOf } from '../graph/select.ts'

/** What a rule for containers without labels may put into a name. */
export const RULE_WORDS = ['service', 'project', 'name'] as const
type RuleWord = (typeof RULE_WORDS)[number]

const WORD = /\{\{ ?([a-z]+) ?\}\}/g

const ADVICE =
  'This makes no name. Write a name with words such as "{{service}}.{{project}}.example.com", in' +
  ` quotes; the words are ${RULE_WORDS.join(', ')}.`

/** A name with words in double braces; tried with a word that fits everywhere. */
export const RuleTemplate = z.string(ADVICE).max(253, ADVICE).refine(makesNames, ADVICE)

function makesNames(template: string): boolean {
  const words = [...template.matchAll(WORD)].map(([, word]) => word)
  const isKnown = words.length > 0 && words.every((word) => RULE_WORDS.some((it) => it === word))
  return isKnown && DomainName.safeParse(template.replace(WORD, 'x')).success
}

export type Named = Pick<Container, 'name' | 'project' | 'composeService'>

/** The name that the rule gives a container; undefined where a word has nothing to stand for. */
export function nameByRule(template: string, container: Named): string | undefined {
  const said: Readonly<Record<RuleWord, string | undefined>> = {
    service: container.composeService,
    project: container.project,
    name: nameOf(container),
  }
  let isWhole = true
  const name = template.replace(WORD, (_all, word: RuleWord) => {
    const text = said[word]
    if (text === undefined) isWhole = false
    return text === undefined ? '' : asLabel(text)
  })
  return isWhole ? name : undefined
}

/** Engines allow more in names than host names have; who folds to the same name meets in a conflict. */
function asLabel(text: string): string {
  return text.toLowerCase().replace(/[_.]/g, '-')
}

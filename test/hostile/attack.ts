import { ownRows, type KeyInPlace, traefikRows, virtualHostRows } from '../golden/rows.ts'
import { readingOf, type Says } from './fleet.ts'
import type { PayloadClass } from './payloads.ts'

/** Every key of every language that docs/labels.md and docs/dialects.md list, once. */
export function everyKey(): readonly KeyInPlace[] {
  const rows = [...ownRows(), ...traefikRows(), ...virtualHostRows()]
  const byKey = new Map(rows.map(({ set }) => [`${set.isVariable} ${set.key} ${set.example}`, set]))
  return [...byKey.values()]
}

/** A container that tries something. */
export interface Attack extends Says {
  readonly key: string
  readonly value: string
}

/** Each value of a class in each key: alone, and before and behind what would be right there. */
export function attacksOf({ keys = [], values }: PayloadClass): readonly Attack[] {
  const inKnown = everyKey().flatMap((place) =>
    values.flatMap((value) => {
      const { example } = place
      return [value, value + example, example + value].map((text) => attack(place, text))
    }),
  )
  const place: KeyInPlace = {
    key: '',
    example: '',
    isVariable: false,
    labels: { 'roadstead.http.api.host': 'a.example', 'roadstead.http.api.path': '/x' },
    variables: {},
  }
  const inOthers = keys.flatMap((key) => values.map((value) => attack({ ...place, key }, value)))
  return [...inKnown, ...inOthers]
}

export function attack({ isVariable, key, labels, variables }: KeyInPlace, value: string): Attack {
  const own = { [key]: value }
  return isVariable
    ? { key, value, labels, variables: { ...variables, ...own } }
    : { key, value, labels: { ...labels, ...own }, variables }
}

/** Whether the value made it into anything that is routed. */
export function isTaken({ key, labels, variables }: Attack): boolean {
  const intents = readingOf({ labels, variables })?.intents ?? []
  if (intents.length === 0) return false
  const { [key]: _label, ...otherLabels } = labels
  const { [key]: _variable, ...otherVariables } = variables
  const without = readingOf({ labels: otherLabels, variables: otherVariables })
  return JSON.stringify(intents) !== JSON.stringify(without?.intents ?? [])
}

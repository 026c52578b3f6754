import type { z } from 'zod'
import { shown } from '../routes/label-values.ts'
import { nearest } from '../routes/nearest.ts'
import { PolicyDocument } from './document.ts'
import { keysAt } from './policy-keys.ts'

/** Where in the document: names of keys, and places in lists. */
export type PolicyPath = readonly (string | number)[]

/** Something that is wrong with the document, with what to do about it. */
export interface PolicyFault {
  readonly path: PolicyPath
  readonly what: string
  /** The key itself is wrong, not what it says. */
  readonly isKey?: true
}

export type PolicyReading =
  | { readonly kind: 'read'; readonly document: PolicyDocument }
  | { readonly kind: 'faulty'; readonly faults: readonly PolicyFault[] }

/** More of them say that the whole is not what was meant. */
const FAULTS_MAX = 100

/** Reads the values of a document; all that is wrong is told at once. */
export function readDocument(value: unknown): PolicyReading {
  const parsed = PolicyDocument.safeParse(value)
  if (parsed.success) return { kind: 'read', document: parsed.data }
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, []))
  return { kind: 'faulty', faults: faults.slice(0, FAULTS_MAX) }
}

/** As in `claims[0].domains[1]`. */
export function pathText(path: PolicyPath): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
  return shown(parts.join('').replace(/^\./, ''))
}

type Issue = z.core.$ZodIssue

function faultsOf(issue: Issue, before: PolicyPath): readonly PolicyFault[] {
  const own = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  const path = [...before, ...own]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        return { path: [...path, key], what: unknownKey(key, path), isKey: true }
      })
    case 'invalid_union': {
      // A list with a bad entry is nearly a list: what is wrong inside says more.
      const inside = issue.errors.find((list) => list.some((each) => each.path.length > 0))
      return inside === undefined
        ? [{ path, what: issue.message }]
        : inside.flatMap((each) => faultsOf(each, path))
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, what: message, isKey: true }))
    default:
      return [{ path, what: issue.message }]
  }
}

function unknownKey(key: string, path: PolicyPath): string {
  const known = keysAt(path)
  const near = nearest(key, known)
  const advice = near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${near}?`
  return `Nothing here is called ${shown(key)}. ${advice}`
}

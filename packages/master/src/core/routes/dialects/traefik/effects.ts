import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { shown } from '../../label-values.ts'
import type { Problem } from '../../found.ts'
import type { PathStep } from '../paths.ts'
import type { Owner, Said } from './traefik-labels.ts'

/** What middlewares do together to the requests of a route. */
export interface Effects {
  readonly settings: RouteSettings
  /** In the order in which they are applied. */
  readonly steps: readonly PathStep[]
}

export const noEffects: Effects = { settings: {}, steps: [] }

/** One kind of middleware: what it adds to those before it. */
export type Apply = (effects: Effects, owner: Owner) => Effects | Problem

export function withSettings(effects: Effects, settings: RouteSettings): Effects {
  return { ...effects, settings: { ...effects.settings, ...settings } }
}

/** A value that is not allowed; whoever holds secrets does not show it. */
export function invalid({ key, value }: Said): Problem {
  return { reason: 'invalid-value', details: { label: shown(key), value: shown(value) } }
}

export function invalidSecret({ key }: Said): Problem {
  return { reason: 'invalid-value', details: { label: shown(key) } }
}

/** The kind of something that is done already and cannot be done twice. */
export function twice({ name }: Owner, kind: string): Problem {
  const why = `there is another ${kind} before it, and both would have to count`
  return { reason: 'middleware-refused', details: { middleware: name, why } }
}

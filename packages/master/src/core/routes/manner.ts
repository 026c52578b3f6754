import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { Intent } from './intent.ts'
import { shown } from './label-values.ts'
import { settingTexts } from './setting-texts.ts'

/** How a route is served beyond its place: what everybody who serves it together has to agree on. */
export type Manner = Pick<Intent, 'stripPrefix' | 'when' | 'priority' | 'settings' | 'canary'>

/** A key on which two disagree, and what each of them says. */
export interface Difference {
  readonly label: string
  readonly held: string
  readonly asked: string
}

/** The first key that is asked for in another way than it is held; undefined when all agree. */
export function differenceOf(held: Manner, asked: Manner): Difference | undefined {
  if (held.stripPrefix !== asked.stripPrefix) {
    return { label: 'strip-prefix', ...texts(held, asked, (it) => String(it.stripPrefix)) }
  }
  if (!isSame(held.when, asked.when)) {
    return { label: 'condition', ...texts(held, asked, ({ when }) => canonical(when ?? [])) }
  }
  if (held.priority !== asked.priority) {
    return { label: 'priority', ...texts(held, asked, (it) => String(it.priority)) }
  }
  if (!isSame(held.canary, asked.canary)) {
    return { label: 'canary', ...texts(held, asked, canaryText) }
  }
  return isSame(held.settings, asked.settings)
    ? undefined
    : settingDifference(held.settings, asked.settings)
}

export function canaryText({ canary }: Pick<Manner, 'canary'>): string {
  return canary === undefined ? NOTHING : `${canary.service} ${canary.percent}%`
}

const NOTHING = 'nothing'

type Json = Parameters<typeof canonical>[0]

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || canonical(a ?? null) === canonical(b ?? null)
}

function texts(
  held: Manner,
  asked: Manner,
  textOf: (manner: Manner) => string,
): Omit<Difference, 'label'> {
  return { held: shown(textOf(held)), asked: shown(textOf(asked)) }
}

function settingDifference(held: RouteSettings, asked: RouteSettings): Difference {
  const [ours, theirs] = [settingTexts(held), settingTexts(asked)]
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()
  // Hashes of the same users may differ, and are not shown.
  const label = keys.find((key) => ours[key] !== theirs[key]) ?? 'users'
  return { label, held: shown(ours[label] ?? NOTHING), asked: shown(theirs[label] ?? NOTHING) }
}

import type { News } from '@roadstead/shared/protocol/news.ts'
import { cut } from './bounded.ts'
import type { EventJson } from './engine-json.ts'

/** News that people can follow; a container that restarts in a loop must not fill the stream. */
const NEWS_PER_SECOND_MAX = 50

/** What a reader of the timeline needs. Labels are among an event's attributes and stay here. */
const ATTRIBUTES = ['image', 'exitCode', 'signal', 'oldName', 'container', 'type'] as const

const TYPES: Readonly<Record<string, News['type']>> = {
  container: 'container',
  network: 'network',
  daemon: 'engine',
}

/** An engine event as news for people; undefined for what no reader wants, such as exec. */
export function toNews(event: EventJson): News | undefined {
  const type = TYPES[event.Type]
  if (type === undefined || event.Action.startsWith('exec_')) return undefined
  const { ID, Attributes } = event.Actor
  const attributes = ATTRIBUTES.flatMap((key) => {
    const value = Attributes[key]
    return value === undefined ? [] : [[key, cut(value, 256)] as const]
  })
  return {
    type,
    action: cut(event.Action, 64),
    id: cut(ID, 128),
    name: cut(Attributes['name'] ?? '', 256),
    timeNano: event.timeNano,
    attributes: Object.fromEntries(attributes),
  }
}

/** How many news may still pass in this second, and how many did not since the last that did. */
export interface NewsBudget {
  readonly secondStartMs: number
  readonly passed: number
  readonly dropped: number
}

export const freshBudget: NewsBudget = { secondStartMs: 0, passed: 0, dropped: 0 }

/** Decides about one piece of news. `missed` is what was dropped before it and must be told. */
export function admitNews(
  budget: NewsBudget,
  nowMs: number,
): [NewsBudget, { readonly passes: boolean; readonly missed: number }] {
  const isNewSecond = nowMs - budget.secondStartMs >= 1_000
  const now = isNewSecond ? { ...budget, secondStartMs: nowMs, passed: 0 } : budget
  if (now.passed >= NEWS_PER_SECOND_MAX) {
    return [
      { ...now, dropped: now.dropped + 1 },
      { passes: false, missed: 0 },
    ]
  }
  return [
    { ...now, passed: now.passed + 1, dropped: 0 },
    { passes: true, missed: now.dropped },
  ]
}

/** Says how much was left out, so that a quiet timeline is never taken for a quiet host. */
export function newsOfMissed(missed: number, timeNano: string): News {
  return {
    type: 'agent',
    action: 'news-dropped',
    id: '',
    name: '',
    timeNano,
    attributes: { count: String(missed) },
  }
}

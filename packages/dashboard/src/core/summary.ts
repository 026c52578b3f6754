import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import type { Tone } from './marks.ts'
import { markOfEdge, markOfHost, markOfService } from './marks.ts'

/** The first sentence of the page: is anything wrong, and where. */
export interface Summary {
  readonly tone: Tone
  readonly sentence: string
}

export function summarise(data: LiveState): Summary {
  const problems = [
    count(data.services.filter((row) => markOfService(row).tone === 'bad').length, 'service down'),
    count(
      data.services.filter((row) => markOfService(row).tone === 'wait').length,
      'service degraded',
    ),
    count(
      data.routes.filter((row) => reasonTable[row.state].state === 'refused').length,
      'route refused',
    ),
    count(data.hosts.filter((row) => markOfHost(row).tone === 'bad').length, 'host in trouble'),
    count(data.edges.filter((row) => markOfEdge(row).tone === 'bad').length, 'edge in trouble'),
  ].filter((text) => text !== '')
  if (problems.length > 0) return { tone: 'bad', sentence: problems.join(', ') }
  if (data.hosts.length === 0) return { tone: 'idle', sentence: 'Waiting for the first host' }
  if (data.routes.length === 0) return { tone: 'idle', sentence: 'Nothing asks to be routed yet' }
  return { tone: 'good', sentence: 'Everything that can serve is routed' }
}

/** `2 routes · 1 edge`: how much there is. */
export function sizes(counts: LiveState['status']['counts']): string {
  const nouns = ['route', 'service', 'container', 'host', 'edge'] as const
  return nouns.map((noun) => count(counts[`${noun}s`], noun) || `0 ${noun}s`).join(' · ')
}

/** `1 service down`, `2 services down`; nothing when there is none. */
export function count(n: number, noun: string): string {
  if (n === 0) return ''
  const [first = '', ...rest] = noun.split(' ')
  return [n, n === 1 ? first : `${first}s`, ...rest].join(' ')
}

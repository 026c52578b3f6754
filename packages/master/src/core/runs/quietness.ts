import type { MemberScene } from './move.ts'
import type { SeenContainer } from './sight.ts'

export type Quietness =
  | { readonly kind: 'wait' }
  | { readonly kind: 'quiet' }
  /** The limit is reached. */
  | { readonly kind: 'over'; readonly why: string }

export function quietness(scene: MemberScene, { asks, restMs }: SeenContainer): Quietness {
  const { ageMs, outlook } = scene
  const unquiet = asks ? scene.unquiet() : []
  if (unquiet.length === 0)
    return ageMs >= (asks ? restMs : 0) ? { kind: 'quiet' } : { kind: 'wait' }
  if (ageMs < Math.max(outlook.limits.quietMs, restMs)) return { kind: 'wait' }
  const named = unquiet.slice(0, EDGES_NAMED_MAX).map(({ edge, why }) => `edge ${edge} ${why}`)
  return { kind: 'over', why: named.join(', ') }
}

const EDGES_NAMED_MAX = 4

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

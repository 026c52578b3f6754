import type { MemberScene } from './move.ts'
import type { SeenContainer } from './sight.ts'

export type Quietness =
  /** `says` names the edges once it has taken longer than it should. */
  | { readonly kind: 'wait'; readonly says: readonly string[] }
  | { readonly kind: 'quiet' }
  /** The limit is reached. */
  | { readonly kind: 'over'; readonly why: string }

/** @param limitMs How long edges may take, if not as long as usual; a longer rest is waited for too. */
export function quietness(
  scene: MemberScene,
  { asks, restMs }: SeenContainer,
  limitMs = scene.outlook.limits.quietMs,
): Quietness {
  const { ageMs } = scene
  const unquiet = asks ? scene.unquiet() : []
  if (unquiet.length === 0) {
    return ageMs >= (asks ? restMs : 0) ? { kind: 'quiet' } : { kind: 'wait', says: [] }
  }
  if (ageMs < Math.max(limitMs, restMs)) {
    const names = unquiet.slice(0, EDGES_NAMED_MAX).map(({ edge }) => edge)
    return {
      kind: 'wait',
      says: ageMs < USUAL_MS_MAX ? [] : [`waiting for edge ${names.join(', ')}`],
    }
  }
  const named = unquiet.slice(0, EDGES_NAMED_MAX).map(({ edge, why }) => `edge ${edge} ${why}`)
  return { kind: 'over', why: named.join(', ') }
}

const EDGES_NAMED_MAX = 4
/** Edges are quiet within a third of a second, or within a second of a reload. */
const USUAL_MS_MAX = 2_000

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

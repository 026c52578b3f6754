import type { MemberScene } from './move.ts'
import type { SeenContainer } from './sight.ts'

export type Quietness =
  /** `says` names the edges once it has taken longer than it should. */
  | { readonly kind: 'wait'; readonly says: readonly string[] }
  /** `says` names edges that were not waited for. */
  | { readonly kind: 'quiet'; readonly says: readonly string[] }
  /** The limit is reached. */
  | { readonly kind: 'over'; readonly says: readonly string[]; readonly why: string }

/** @param limitMs How long edges may take, if not as long as usual; a longer rest is waited for too. */
export function quietness(
  scene: MemberScene,
  { asks, restMs }: SeenContainer,
  limitMs = scene.outlook.limits.quietMs,
): Quietness {
  const { ageMs } = scene
  const { lost, unquiet } = asks ? scene.edges() : { lost: [], unquiet: [] }
  const says = lost.length === 0 ? [] : [lostText(lost)]
  if (unquiet.length === 0) {
    return ageMs >= (asks ? restMs : 0) ? { kind: 'quiet', says } : { kind: 'wait', says: [] }
  }
  if (ageMs < Math.max(limitMs, restMs)) {
    const names = unquiet.slice(0, EDGES_NAMED_MAX).map(({ edge }) => edge)
    return {
      kind: 'wait',
      says: ageMs < USUAL_MS_MAX ? [] : [`waiting for edge ${names.join(', ')}`],
    }
  }
  const named = unquiet.slice(0, EDGES_NAMED_MAX).map(({ edge, why }) => `edge ${edge} ${why}`)
  return { kind: 'over', says, why: named.join(', ') }
}

/** Nobody can say when such an edge is quiet; what that may cost is said instead. */
function lostText(lost: readonly string[]): string {
  const names = lost.slice(0, EDGES_NAMED_MAX).join(', ')
  return (
    `nobody waits for edge ${names}, lost: it takes no new tables, ` +
    'and if its nginx lives it may still send requests'
  )
}

const EDGES_NAMED_MAX = 4
/** Edges are quiet within a third of a second, or within a second of a reload. */
const USUAL_MS_MAX = 2_000

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

import type { ContainerRef, Reach } from './table.ts'
import type { Fitness } from './eligible.ts'
import type { Intent } from './intent.ts'
import { compareText } from '../graph/select.ts'

/** A container that asks for one route, and what is known of it there. */
export interface Claimant extends ContainerRef {
  readonly containerName: string
  /** Compose project. */
  readonly project?: string | undefined
  readonly intent: Intent
  readonly fitness: Fitness
  readonly reach: Reach
}

/** By host, then container: the order in which a route is granted while nobody holds it. */
export function compareRefs(a: ContainerRef, b: ContainerRef): number {
  return compareText(a.host, b.host) || compareText(a.container, b.container)
}

export function isSameRef(a: ContainerRef, b: ContainerRef): boolean {
  return a.container === b.container && a.host === b.host
}

import type { ContainerView } from '@roadstead/shared/protocol/http.ts'
import { type Cell, plain, toned } from '../cell.ts'

/** Who took it out of routing, and why. */
export function drainedCell({ drained }: Pick<ContainerView, 'drained'>): Cell {
  if (drained === undefined) return plain('-')
  const { by, why } = drained
  return toned(why === '' ? by : `${by}: ${why}`, 'warn')
}

import type { HostView } from '@roadstead/shared/protocol/http.ts'
import type { Drain } from '../graph/graph.ts'

export function drainView({ by, why, since }: Drain): NonNullable<HostView['drained']> {
  return { by, why, since }
}

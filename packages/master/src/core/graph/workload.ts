import type { Container } from '@roadstead/shared/protocol/container.ts'
import { nameOf } from './select.ts'

/**
 * What stays when a container is replaced by its successor: the service of a compose project, or the
 * name. Within one host; the same workload on two hosts is two.
 */
export interface Workload {
  readonly rule: 'compose' | 'name'
  readonly key: string
}

export function workloadOf(container: Container): Workload {
  const { project, composeService } = container
  return project !== undefined && composeService !== undefined
    ? { rule: 'compose', key: `${project}/${composeService}` }
    : { rule: 'name', key: nameOf(container) }
}

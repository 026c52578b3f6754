import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import { shown } from '../label-values.ts'
import type { Problem } from '../found.ts'

type ChosenPort = { readonly port: Port } | Problem

/** The only TCP port that the container exposes: several are never guessed from. */
export function onlyPort(container: Pick<Container, 'ports'>): ChosenPort {
  const [port, ...others] = exposedPorts(container)
  if (port === undefined) return { reason: 'port-missing', details: {} }
  if (others.length === 0) return { port }
  return { reason: 'port-ambiguous', details: { ports: shown([port, ...others].join(', ')) } }
}

export function exposedPorts({ ports }: Pick<Container, 'ports'>): readonly Port[] {
  const exposed = ports.filter((each) => each.protocol === 'tcp' && each.exposed)
  return [...new Set(exposed.map(({ port }) => port))].sort((a, b) => a - b)
}

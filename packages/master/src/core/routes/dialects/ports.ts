import type { StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import { shown } from '../label-values.ts'
import type { Problem } from '../found.ts'

type ChosenPort = { readonly port: Port } | Problem

/** The only port of its kind that the container exposes: several are never guessed from. */
export function onlyPort(
  container: Pick<Container, 'ports'>,
  protocol: StreamProtocol = 'tcp',
): ChosenPort {
  const [port, ...others] = exposedPorts(container, protocol)
  if (port === undefined) return { reason: 'port-missing', details: {} }
  if (others.length === 0) return { port }
  return { reason: 'port-ambiguous', details: { ports: shown([port, ...others].join(', ')) } }
}

export function exposedPorts(
  { ports }: Pick<Container, 'ports'>,
  protocol: StreamProtocol = 'tcp',
): readonly Port[] {
  const exposed = ports.filter((each) => each.protocol === protocol && each.exposed)
  return [...new Set(exposed.map(({ port }) => port))].sort((a, b) => a - b)
}

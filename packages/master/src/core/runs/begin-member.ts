import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { type MemberScene, type Move, turn } from './move.ts'

/** Its turn has come: out of routing, with a note of how it was before. */
export function beginMember(member: RunMember, { outlook, run, sight }: MemberScene): Move {
  const { container, drain, services } = sight
  if (container === undefined) {
    return run.verb === 'restart'
      ? turn(member, 'failed', 'is gone')
      : turn(member, 'left', 'is gone')
  }
  const { asks, isIn, startedAt } = container
  const serving = services.map((service) => ({ service, endpoints: outlook.servingOf(service) }))
  const alone = serving.filter(({ endpoints, service }) => endpoints <= 1 && isIn.has(service))
  const onlyOf =
    services.length === 1 ? '' : ` of ${alone.map(({ service }) => service).join(', ')}`
  const begun: RunMember = {
    ...member,
    phase: 'draining',
    ...(startedAt !== undefined && { startedAt }),
    ...(run.verb === 'let-go' && { servingBefore: serving }),
  }
  const says = [
    ...(alone.length > 0
      ? [`${member.path} is the only one${onlyOf}: until it is back visitors wait or get 503`]
      : []),
    asks ? `${member.path} is taken out of routing` : `${member.path} asks for no route`,
  ]
  const isToDrain = (asks || run.verb === 'drain') && drain === 'none' && run.host === undefined
  return { member: begun, says, ...(isToDrain && { drain: 'write' }) }
}

import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { type MemberScene, type Move, turn } from './move.ts'

/** Its turn has come: out of routing, with a note of how it was before. */
export function beginMember(member: RunMember, { run, sight }: MemberScene): Move {
  const { container, drain, serving } = sight
  if (container === undefined) {
    return run.verb === 'restart'
      ? turn(member, 'failed', 'is gone')
      : turn(member, 'left', 'is gone')
  }
  const { asks, serves, startedAt } = container
  const isOnly = asks && serves && serving <= 1
  const begun: RunMember = {
    ...member,
    phase: 'draining',
    ...(startedAt !== undefined && { startedAt }),
    servingBefore: serving,
  }
  const says = [
    ...(isOnly
      ? [`${member.path} is the only one: until it is back visitors wait or get 503`]
      : []),
    asks ? `${member.path} is taken out of routing` : `${member.path} asks for no route`,
  ]
  const isToDrain = (asks || run.verb === 'drain') && drain === 'none' && run.host === undefined
  return { member: begun, says, ...(isToDrain && { drain: 'write' }) }
}

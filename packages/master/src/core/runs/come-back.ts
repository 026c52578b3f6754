import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { type MemberScene, type Move, stay, turn } from './move.ts'
import type { SeenContainer } from './sight.ts'

/** Ready: into routing again first, and then it has to be an endpoint once more. */
export function comeBack(
  member: RunMember,
  { sight }: MemberScene,
  { isKeptOut, isReady, reason, serves }: SeenContainer,
): Move | undefined {
  if (!isReady) return undefined
  if (sight.drain === 'ours') return { ...stay(member), drain: 'delete' }
  if (serves) return turn(member, 'done', 'serves again')
  if (!isKeptOut) return undefined
  return turn(member, 'done', `is ready, and gets no requests: ${reason ?? 'nobody asks for it'}`)
}

export function isOtherLife(
  { startedAt }: Pick<RunMember, 'startedAt'>,
  container: SeenContainer,
): boolean {
  return container.startedAt !== undefined && container.startedAt !== startedAt
}

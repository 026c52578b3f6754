import type { Run, RunMember } from '@roadstead/shared/protocol/run.ts'
import type { QuietLook } from './quiet.ts'
import type { CommandState, Outlook } from './outlook.ts'
import type { Sight } from './sight.ts'

/** What one member does next. The same member and nothing else: it waits. */
export interface Move {
  readonly member: RunMember
  /** For the log of the run; each sentence stands there once. */
  readonly says: readonly string[]
  readonly drain?: 'write' | 'delete'
  /** The agent of its host is to restart it. */
  readonly restarts?: true
  /** Nobody wants the run any more. */
  readonly cancels?: true
}

/** What a member is judged by. */
export interface MemberScene {
  readonly run: Run
  readonly sight: Sight
  /** How long this leader has seen it in its phase. */
  readonly ageMs: number
  readonly command: CommandState | undefined
  readonly edges: () => QuietLook
  readonly outlook: Outlook
}

export function stay(member: RunMember): Move {
  return { member, says: [] }
}

/** The same move, with something said before it. */
export function after(says: readonly string[], move: Move): Move {
  return says.length === 0 ? move : { ...move, says: [...says, ...move.says] }
}

export function turn(
  member: RunMember,
  phase: RunMember['phase'],
  what: string,
  rest: Pick<Move, 'drain' | 'restarts' | 'cancels'> = {},
): Move {
  return { member: { ...member, phase }, says: [`${member.path} ${what}`], ...rest }
}

import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import { NONCE_LIFE_MS } from '@roadstead/shared/kernel/limits.ts'
import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { beginMember } from './begin-member.ts'
import { comeBack, isOtherLife } from './come-back.ts'
import { after, type MemberScene, type Move, stay, turn } from './move.ts'
import { quietness, seconds } from './quietness.ts'
import { isSettled } from './refs.ts'
import { stepLetGo } from './step-let-go.ts'

/** The next step of one member; its turn has come if it waits. */
export function stepMember(member: RunMember, scene: MemberScene): Move {
  const { run } = scene
  if (run.verb === 'let-go' && !isSettled(member)) return stepLetGo(member, scene)
  switch (member.phase) {
    case 'waiting':
      return run.verb === 'undrain' ? undrain(member, scene) : beginMember(member, scene)
    case 'draining':
      return waitForQuiet(member, scene)
    case 'acting':
      return waitForAgent(member, scene)
    case 'returning':
      return run.verb === 'undrain' ? undrained(member, scene) : waitForReturn(member, scene)
    case 'done':
    case 'left':
    case 'failed':
      return stay(member)
    default:
      return unreachable(member.phase)
  }
}

function waitForQuiet(member: RunMember, scene: MemberScene): Move {
  const { ageMs, outlook, run, sight } = scene
  const { container, drain } = sight
  if (container === undefined) return turn(member, 'left', 'is gone')
  // Somebody took the drain back, or the bus lost it: it must be out before it is touched.
  if ((container.asks || run.verb === 'drain') && drain === 'none') {
    return run.host === undefined ? { ...stay(member), drain: 'write' } : stay(member)
  }
  const quiet = quietness(scene, container)
  if (quiet.kind === 'wait') return { ...stay(member), says: quiet.says }
  if (run.verb === 'drain') {
    const where = quiet.says.length === 0 ? 'at every edge' : 'at every edge that reports'
    return quiet.kind === 'quiet'
      ? after(quiet.says, turn(member, 'done', `is quiet ${where}`))
      : after(quiet.says, turn(member, 'failed', `is out of routing, but ${quiet.why}`))
  }
  const { startedAt } = container
  const { startedAt: _before, ...rest } = member
  const acting = { ...rest, ...(startedAt !== undefined && { startedAt }) }
  const what =
    quiet.kind === 'quiet'
      ? `is quiet after ${seconds(ageMs)}; it is restarted`
      : `is restarted after ${seconds(outlook.limits.quietMs)}, although ${quiet.why}`
  return after(quiet.says, turn(acting, 'acting', what, { restarts: true }))
}

function waitForAgent(member: RunMember, { ageMs, command, sight }: MemberScene): Move {
  const { container } = sight
  if (container === undefined) return turn(member, 'failed', 'is gone')
  if (isOtherLife(member, container)) return turn(member, 'returning', 'was restarted')
  const known = failureOf(command)
  if (known !== undefined) return turn(member, 'failed', known)
  if (command?.kind === 'done') return turn(member, 'returning', 'was restarted')
  // Sent by a leader that is no more, or lost on its way: a restart shows by another start.
  const limitMs =
    container.stopGraceMs + (command?.kind === 'under-way' ? ANSWER_MS_MAX : UNKNOWN_MS_MAX)
  if (ageMs < limitMs) return stay(member)
  return turn(member, 'failed', 'is not known to have been restarted: its agent did not answer')
}

/** Until a busy agent takes the command, an engine has started the container, and the agent says so. */
const ANSWER_MS_MAX = 85_000
/**
 * The same when nobody is left to answer. The leader before us may have been held up with the command
 * in its hands: after the life of a nonce no agent takes it, and a restart that was begun by then is
 * seen within seconds.
 */
const UNKNOWN_MS_MAX = NONCE_LIFE_MS + 5_000

function failureOf(command: MemberScene['command']): string | undefined {
  switch (command?.kind) {
    case 'failed':
      return `was not restarted: ${command.error}`
    case 'refused':
      return `was not restarted: its agent refused the command (${command.reason})`
    case 'not-sent':
      return `was not restarted: ${command.why}`
    default:
      return undefined
  }
}

function waitForReturn(member: RunMember, scene: MemberScene): Move {
  const { container } = scene.sight
  if (container === undefined) return turn(member, 'failed', 'is gone')
  const { ageMs, outlook } = scene
  const back = comeBack(member, scene, container)
  if (back !== undefined && isOtherLife(member, container)) return back
  if (ageMs < outlook.limits.readyMs) return stay(member)
  const reason = container.isReady ? (container.reason ?? 'no other start was seen') : 'not ready'
  return turn(
    member,
    'failed',
    `does not serve after ${seconds(outlook.limits.readyMs)}: ${reason}`,
  )
}

function undrain(member: RunMember, { sight }: MemberScene): Move {
  return {
    member: { ...member, phase: 'returning' },
    says: [],
    ...(sight.isDrainedByPerson && { drain: 'delete' }),
  }
}

function undrained(member: RunMember, { sight }: MemberScene): Move {
  const { container } = sight
  if (container === undefined) return turn(member, 'left', 'is gone')
  if (container.serves) return turn(member, 'done', 'gets requests again')
  return turn(
    member,
    'done',
    `may be routed again; now it is not: ${container.reason ?? 'not running'}`,
  )
}

import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { beginMember } from './begin-member.ts'
import { comeBack, isOtherLife } from './come-back.ts'
import { ACTING_SILENT_MS_MAX, HELD_SILENT_MS_MAX } from './holds.ts'
import { after, type MemberScene, type Move, stay, turn } from './move.ts'
import { quietness, seconds } from './quietness.ts'
import type { SeenContainer } from './sight.ts'

/**
 * A container that somebody stops through the drain-aware socket. The agent acts, not we: what became
 * of it is seen in the graph, and the agent's words only tell when to look.
 */
export function stepLetGo(member: RunMember, scene: MemberScene): Move {
  const { container } = scene.sight
  if (container === undefined) return turn(member, 'left', 'is gone')
  const { asking, nowMs } = scene.outlook
  if (isOtherLife(member, container) || member.phase === 'returning') {
    return goBack(member, scene, container)
  }
  if (asking?.overMs !== undefined) return afterwards(member, scene, container, asking.overMs)
  const silentMs = asking === undefined ? scene.ageMs : nowMs - asking.lastAskMs
  const silentMsMax = member.phase === 'acting' ? ACTING_SILENT_MS_MAX : HELD_SILENT_MS_MAX
  if (silentMs >= silentMsMax && !container.isStopping) {
    return container.isRunning
      ? turn(member, 'done', 'goes on: its agent asks no more, and it still runs', {
          cancels: true,
        })
      : turn(member, 'left', 'has stopped')
  }
  if (member.phase === 'acting') return stay(member)
  if (member.phase === 'draining') {
    return asking?.gaveUp === true
      ? { member: { ...member, phase: 'acting' }, says: [impatience(member, scene, container)] }
      : letGo(member, scene, container)
  }
  const replacedFirst = scene.outlook.replacedFirst(member)
  if (replacedFirst === undefined) return begin(member, scene, container)
  const isAsking = silentMs < ASK_MS_MAX && asking !== undefined
  if (!isAsking || asking.untilMs - nowMs >= DRAIN_MS) {
    return { ...stay(member), says: [`${member.path} waits until ${replacedFirst} is replaced`] }
  }
  const begun = begin(member, scene, container)
  const says = `${replacedFirst} is not replaced, and the agent of ${member.path} waits no longer`
  return { ...begun, says: [says, ...begun.says] }
}

/** An agent that holds a request asks twice a second; four questions are missing by then. */
export const ASK_MS_MAX = 2_000
/**
 * A drain takes a third of a second, or one with reloads, and requests under way their own time. Who
 * begins when only this much of the agent's patience is left is as a rule drained when it goes on.
 */
const DRAIN_MS = 3_000

/** Whose `roadstead.drain` is longer than its agent waits is told so at once: it will not be kept. */
function begin(member: RunMember, scene: MemberScene, { asks, restMs }: SeenContainer): Move {
  const { asking, nowMs } = scene.outlook
  const begun = beginMember(member, scene)
  if (asking === undefined || !asks || asking.untilMs - nowMs >= restMs) return begun
  const left = seconds(Math.max(0, asking.untilMs - nowMs))
  const says = `roadstead.drain asks for ${seconds(restMs)}, and its agent waits ${left} more`
  return { ...begun, says: [...begun.says, says] }
}

function letGo(member: RunMember, scene: MemberScene, container: SeenContainer): Move {
  if (container.asks && scene.sight.drain === 'none') return { ...stay(member), drain: 'write' }
  const { asking, nowMs } = scene.outlook
  // How long to wait is the agent's to say, and at its limit it goes on by itself.
  const limitMs = asking && scene.ageMs + (asking.untilMs - nowMs)
  const quiet = quietness(scene, container, limitMs)
  if (quiet.kind === 'wait') return { ...stay(member), says: quiet.says }
  // Nobody would hear that it may go; if its agent is gone, it is put back soon.
  if (asking === undefined || nowMs - asking.lastAskMs >= ASK_MS_MAX) return stay(member)
  const age = seconds(scene.ageMs)
  const what =
    quiet.kind === 'quiet'
      ? `is quiet after ${age}; it may be touched`
      : `may be touched after ${age}, although ${quiet.why}`
  return after(quiet.says, turn(member, 'acting', what))
}

/** The engine has answered. Its word and the agent's next look may overtake one another. */
function afterwards(
  member: RunMember,
  scene: MemberScene,
  container: SeenContainer,
  overMs: number,
): Move {
  const { asking, nowMs } = scene.outlook
  const isTouchedEarly = asking?.gaveUp === true && member.phase !== 'acting'
  const says = isTouchedEarly ? [impatience(member, scene, container)] : []
  const isEarly = nowMs - overMs < LOOK_MS_MAX
  if (!container.isRunning) {
    // The engine has started it again; that it has stopped is old news.
    if (asking?.action === 'restart' && isEarly) return { ...stay(member), says }
    return { member: { ...member, phase: 'left' }, says: [...says, `${member.path} has stopped`] }
  }
  if (container.isStopping || isEarly) return { ...stay(member), says }
  const returning = { ...member, phase: 'returning' as const }
  return { member: returning, says: [...says, `${member.path} was left running`] }
}

function impatience(
  member: RunMember,
  scene: MemberScene,
  { asks, restMs }: SeenContainer,
): string {
  const isTold =
    member.phase !== 'waiting' && asks && restMs > 0 && scene.edges().unquiet.length === 0
  const what = isTold ? `the ${seconds(restMs)} of its roadstead.drain were over` : 'it was quiet'
  return `${member.path} was touched before ${what}: its agent waits no longer`
}

/** An agent looks at a container within a second of its event; twice that, and some. */
const LOOK_MS_MAX = 3_000

function goBack(member: RunMember, scene: MemberScene, container: SeenContainer): Move {
  const back = comeBack(member, scene, container)
  if (back !== undefined) return back
  if (member.phase !== 'returning') return turn(member, 'returning', 'was started again')
  if (!container.isRunning) return turn(member, 'left', 'has stopped')
  const { readyMs } = scene.outlook.limits
  if (scene.ageMs < readyMs) return stay(member)
  return turn(member, 'done', `does not serve after ${seconds(readyMs)}: ${container.reason ?? ''}`)
}

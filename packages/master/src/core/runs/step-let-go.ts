import type { RunMember } from '@roadstead/shared/protocol/run.ts'
import { beginMember } from './begin-member.ts'
import { comeBack, isOtherLife } from './come-back.ts'
import { type MemberScene, type Move, stay, turn } from './move.ts'
import { quietness, seconds } from './quietness.ts'
import type { SeenContainer } from './sight.ts'

/**
 * A container that somebody stops through the drain-aware socket. The agent acts, not we: what became
 * of it is seen in the graph, and the agent's words only tell when to look.
 */
export function stepLetGo(member: RunMember, scene: MemberScene): Move {
  const { container } = scene.sight
  if (container === undefined) return turn(member, 'left', 'is gone')
  const { asking, nowMs, replacedFirst } = scene.outlook
  if (isOtherLife(member, container) || member.phase === 'returning') {
    return goBack(member, scene, container)
  }
  const overMs = asking?.overMs
  if (overMs !== undefined)
    return afterwards(member, container, asking?.gaveUp === true, nowMs - overMs)
  const silentMs = asking === undefined ? scene.ageMs : nowMs - asking.lastAskMs
  if (silentMs >= ASKS_SILENT_MS_MAX && !container.isStopping) {
    return container.isRunning
      ? turn(member, 'done', 'goes on: its agent asks no more, and it still runs', {
          cancels: true,
        })
      : turn(member, 'left', 'has stopped')
  }
  if (member.phase === 'acting') return stay(member)
  if (member.phase === 'draining') return letGo(member, scene, container)
  if (replacedFirst === undefined) return beginMember(member, scene)
  return { ...stay(member), says: [`${member.path} waits until ${replacedFirst} is replaced`] }
}

/** Sixty questions are missing by then. */
const ASKS_SILENT_MS_MAX = 30_000

function letGo(member: RunMember, scene: MemberScene, container: SeenContainer): Move {
  if (container.asks && scene.sight.drain === 'none') return { ...stay(member), drain: 'write' }
  const quiet = quietness(scene, container)
  if (quiet.kind === 'wait') return { ...stay(member), says: quiet.says }
  const after = seconds(scene.ageMs)
  return quiet.kind === 'quiet'
    ? turn(member, 'acting', `is quiet after ${after}; it may be touched`)
    : turn(member, 'acting', `may be touched after ${after}, although ${quiet.why}`)
}

/** The engine has answered. Its word and the agent's next look may overtake one another. */
function afterwards(
  member: RunMember,
  container: SeenContainer,
  gaveUp: boolean,
  overForMs: number,
): Move {
  const impatience = `${member.path} was touched before it was quiet: its agent waits no longer`
  const says = gaveUp ? [impatience] : []
  if (!container.isRunning) {
    return { member: { ...member, phase: 'left' }, says: [...says, `${member.path} has stopped`] }
  }
  if (container.isStopping || overForMs < LOOK_MS_MAX) return { ...stay(member), says }
  const returning = { ...member, phase: 'returning' as const }
  return { member: returning, says: [...says, `${member.path} was left running`] }
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

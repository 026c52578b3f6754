import type { AttachedTo } from '@roadstead/shared/protocol/edge-status.ts'
import type { EdgeView, HostView, StatusView } from '@roadstead/shared/protocol/http.ts'
import { isListen } from '@roadstead/shared/protocol/listen.ts'
import { cut, pad, paint, printable, widthOf } from './cell.ts'
import { fold, foldAfter } from './fold.ts'
import { LUA_PACKAGE, STREAM_PACKAGE } from './diagnose-here.ts'
import { span } from './span.ts'
import { type Page, WIDE } from './table.ts'
import { isBehind } from './views/edges.ts'

export interface Diagnosis {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly part: string
  readonly what: string
  /** What to do; absent when nothing has to be done. */
  readonly remedy?: string
}

/** A skew that makes logs of two hosts hard to read side by side. */
const SKEW_WARN_MS = 1_000

const MIB = 1024 * 1024
/** A generation of nginx, logs and a stream's next block need tens of MiB. */
const DISK_FAIL_BYTES = 100 * MIB
const DISK_WARN_BYTES = 1_024 * MIB

const API_MIN = [1, 41] as const

export function diagnoseEngine(
  engine:
    | { readonly version: string; readonly apiVersion: string }
    | { readonly error: string; readonly remedy: string },
): Diagnosis {
  const part = 'engine'
  if ('error' in engine) {
    return { level: 'fail', part, what: engine.error, remedy: engine.remedy }
  }
  const what = `Docker ${engine.version}, API ${engine.apiVersion}`
  if (isOlder(engine.apiVersion)) {
    return { level: 'fail', part, what, remedy: 'Upgrade the engine to Docker 20.10 or newer.' }
  }
  return { level: 'ok', part, what }
}

export function diagnoseStatus(status: StatusView): Diagnosis[] {
  const { leader, nats, warnings } = status
  const led: Diagnosis =
    leader === undefined
      ? {
          level: 'fail',
          part: 'leader',
          what: 'nobody leads',
          remedy: 'Look at the logs of both masters; they need NATS to elect one.',
        }
      : { level: 'ok', part: 'leader', what: `${leader.url}, epoch ${leader.epoch}` }
  const bus: Diagnosis = nats.connected
    ? { level: 'ok', part: 'nats', what: `${nats.version}, ${nats.servers} server(s)` }
    : {
        level: 'fail',
        part: 'nats',
        what: `${status.master} is not connected`,
        remedy: 'Check that nats-server runs and knows the identity of this master.',
      }
  const others = warnings.map(
    ({ what, remedy }): Diagnosis => ({ level: 'warn', part: 'master', what, remedy }),
  )
  return [led, bus, ...others]
}

export function diagnoseHost(host: HostView): Diagnosis[] {
  const part = `host ${host.name}`
  const diagnoses: Diagnosis[] = []
  if (host.presence !== 'present') {
    const heard = host.lastHeardMsAgo === undefined ? 'never' : `${span(host.lastHeardMsAgo)} ago`
    diagnoses.push({
      level: host.presence === 'stale' ? 'warn' : 'fail',
      part,
      what: `${host.presence}, last heard ${heard}`,
      remedy: 'Check that its agent runs and reaches NATS.',
    })
  }
  if (host.engineState === 'unreachable') {
    const remedy =
      'Start the Docker Engine of this host, or mend the way to it; its last known state is kept.'
    const why = host.engineProblem === undefined ? '' : `: ${host.engineProblem}`
    diagnoses.push({ level: 'fail', part, what: `its engine does not answer${why}`, remedy })
  }
  if (Math.abs(host.clockSkewMs ?? 0) > SKEW_WARN_MS) {
    const what = `its clock differs by ${span(Math.abs(host.clockSkewMs ?? 0))}`
    const remedy = 'Turn on time synchronisation; routing does not depend on it, logs do.'
    diagnoses.push({ level: 'warn', part, what, remedy })
  }
  if (host.spooled > 0) {
    const remedy = 'It catches up by itself once NATS takes its messages.'
    diagnoses.push({ level: 'warn', part, what: `${host.spooled} messages wait there`, remedy })
  }
  if (diagnoses.length > 0) return diagnoses
  return [{ level: 'ok', part, what: `present, ${host.running} containers run` }]
}

export function diagnoseEdge(edge: EdgeView): Diagnosis[] {
  const part = `edge ${edge.name}`
  const diagnoses: Diagnosis[] = []
  if (!edge.reporting) {
    const remedy = 'Check that the edge runs; nginx goes on with what is in force.'
    diagnoses.push({ level: 'fail', part, what: 'does not report', remedy })
  }
  if (!edge.nginx.running) {
    const remedy =
      edge.attached === undefined
        ? 'Look at nginx.log in the state directory of the edge.'
        : 'Start it as you do; the edge never does that, and brings its routes back by itself.'
    const why = edge.attached?.absent === undefined ? '' : `: ${edge.attached.absent}`
    diagnoses.push({ level: 'fail', part, what: `its nginx does not run${why}`, remedy })
  }
  if (edge.reporting && isBehind(edge)) diagnoses.push(behind(edge, part))
  if (edge.quarantined.length > 0) {
    const what = `${edge.quarantined.length} routes are quarantined`
    diagnoses.push({ level: 'fail', part, what, remedy: 'roadstead explain tells why, for each.' })
  }
  if (!edge.reporting) return diagnoses
  if (edge.attached !== undefined) diagnoses.push(...attached(edge.attached, part))
  else if (edge.tier === 'reload') diagnoses.push(reloading(edge, part))
  diagnoses.push(...withoutStreams(edge, part))
  const what = `nginx ${edge.nginx.version}, ${edge.tier} tier, ${edge.inForce?.routes ?? 0} routes in force`
  return [...diagnoses, { level: 'ok', part, what }]
}

/** What is not as with an nginx of its own, and what of it somebody can change. */
function attached({ afterSwap, conflicts = [] }: AttachedTo, part: string): Diagnosis[] {
  const diagnoses: Diagnosis[] = []
  if (afterSwap !== undefined) {
    const what = `texts are tested after the swap, and rolled back on failure: ${afterSwap}`
    const remedy = 'On a host, let the main file itself name the include file, not a pattern.'
    diagnoses.push({ level: 'warn', part, what, remedy })
  }
  if (conflicts.length > 0) {
    const what = `another server of that nginx has these names, too: ${conflicts.join(', ')}`
    const remedy = 'Take them out of one of the two; the server that nginx reads first has them.'
    diagnoses.push({ level: 'warn', part, what, remedy })
  }
  return diagnoses
}

/** The reload tier is complete in itself; what it costs is said once, with the way out. */
function reloading({ tierReason }: EdgeView, part: string): Diagnosis {
  const why = tierReason === '' ? '' : `: ${tierReason}`
  return {
    level: 'warn',
    part,
    what: `it reloads nginx for every change${why}`,
    remedy:
      `Install ${LUA_PACKAGE} beside it, leave ROADSTEAD_TIER unset, and start the edge again; ` +
      'until then a change may cut a connection that is kept alive.',
  }
}

/** Only who asks for them misses them. */
function withoutStreams(
  { quarantined, streamsReason, attached: attachedTo }: EdgeView,
  part: string,
): Diagnosis[] {
  const isMissed = quarantined.some(({ route }) => isListen(route.domain))
  if (streamsReason === undefined || !isMissed) return []
  const what = `it serves no TCP and UDP routes: ${streamsReason}`
  const remedy =
    attachedTo === undefined
      ? `Install ${STREAM_PACKAGE} beside it, and start the edge again.`
      : 'Let an edge with an nginx of its own serve them.'
  return [{ level: 'warn', part, what, remedy }]
}

function behind(edge: EdgeView, part: string): Diagnosis {
  const { outcome } = edge
  const detail = 'detail' in outcome ? `: ${outcome.detail}` : ''
  const reason = 'reason' in outcome ? `: ${outcome.kind}, ${outcome.reason}${detail}` : ''
  return {
    level: outcome.kind === 'held' ? 'warn' : 'fail',
    part,
    what: `what is in force is not what is desired${reason}`,
    remedy: 'Wait a moment and look again; `roadstead edges -o json` has the details.',
  }
}

export function diagnoseDisk(dir: string, freeBytes: number): Diagnosis {
  const what = `${Math.floor(freeBytes / MIB)} MiB free under ${dir}`
  const remedy = 'Free some space; what is in force stays in force on a full disk.'
  if (freeBytes < DISK_FAIL_BYTES) return { level: 'fail', part: 'disk', what, remedy }
  if (freeBytes < DISK_WARN_BYTES) return { level: 'warn', part: 'disk', what, remedy }
  return { level: 'ok', part: 'disk', what }
}

const MARKS = { ok: ['✓', 'good'], warn: ['▲', 'warn'], fail: ['✕', 'bad'] } as const

export function diagnosesText(diagnoses: readonly Diagnosis[], page: Page): string {
  const longest = Math.max(...diagnoses.map(({ part }) => widthOf(printable(part))))
  const width = page.wide ? longest : Math.min(longest, Math.floor(page.width / 3))
  const room = page.wide ? WIDE : page.width
  const indent = width + 4
  const lines = diagnoses.flatMap(({ level, part, what, remedy }) => {
    const [mark, tone] = MARKS[level]
    const name = pad(cut(printable(part), width), width)
    const start = `${paint(mark, tone, page.colour)} ${name}  `
    const advice = remedy === undefined ? [] : fold(`→ ${printable(remedy)}`, room - indent - 2)
    return [
      ...foldAfter(start, indent, printable(what), room),
      ...advice.map((line, at) => `${' '.repeat(at === 0 ? indent : indent + 2)}${line}`),
    ]
  })
  const failed = diagnoses.filter(({ level }) => level === 'fail').length
  const warned = diagnoses.filter(({ level }) => level === 'warn').length
  return `${lines.join('\n')}\n${failed} failed, ${warned} warned\n`
}

function isOlder(apiVersion: string): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number)
  return major < API_MIN[0] || (major === API_MIN[0] && minor < API_MIN[1])
}

import type { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { type Cell, plain, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'

export function edgeColumns(nowMs: number): readonly Column<EdgeView>[] {
  const tls: Column<EdgeView> = {
    title: 'TLS',
    priority: 14,
    cutTo: 16,
    sparse: true,
    cell: (edge) => tlsCell(edge, nowMs),
  }
  return [...inForceColumns, tls, ...troubleColumns, ...detailColumns]
}

/** What it serves, and by what. */
const inForceColumns: readonly Column<EdgeView>[] = [
  { title: 'EDGE', priority: 1, cutTo: 10, cell: ({ name }) => plain(name) },
  { title: 'STATE', priority: 2, cutTo: 12, cell: stateCell },
  {
    title: 'IN FORCE',
    priority: 3,
    cell: ({ inForce }) => plain(inForce ? `${inForce.epoch}.${inForce.version}` : '-'),
  },
  {
    title: 'DESIRED',
    priority: 4,
    cell: ({ desired }) => plain(desired ? `${desired.epoch}.${desired.version}` : '-'),
  },
  {
    title: 'TIER',
    priority: 5,
    cell: ({ tier }) => toned(tier, tier === 'live' ? 'good' : 'plain'),
  },
  {
    title: 'ROUTES',
    priority: 8,
    cell: ({ inForce }) => plain(inForce === undefined ? '-' : String(inForce.routes)),
  },
  {
    title: 'ENDPOINTS',
    priority: 10,
    cell: ({ inForce }) => plain(inForce === undefined ? '-' : String(inForce.endpoints)),
  },
  {
    title: 'NGINX',
    priority: 9,
    cell: ({ nginx }) => (nginx.running ? plain(nginx.version) : toned('not running', 'bad')),
  },
  {
    title: 'BUSY',
    priority: 7,
    sparse: true,
    cell: busyCell,
  },
]

const troubleColumns: readonly Column<EdgeView>[] = [
  { title: 'RELOADS', priority: 12, cell: ({ nginx }) => plain(String(nginx.reloads)) },
  {
    title: 'QUARANTINED',
    priority: 6,
    cell: ({ quarantined }) =>
      toned(String(quarantined.length), quarantined.length > 0 ? 'bad' : 'plain'),
  },
  {
    title: 'FAILING',
    priority: 11,
    cell: ({ checks }) => {
      const failing = checks.filter(({ state }) => state === 'failing').length
      return toned(String(failing), failing > 0 ? 'warn' : 'plain')
    },
  },
  {
    title: 'HEARD',
    priority: 13,
    cell: ({ lastHeardMsAgo }) => plain(lastHeardMsAgo === undefined ? '-' : span(lastHeardMsAgo)),
  },
]

const detailColumns: readonly Column<EdgeView>[] = [
  {
    title: 'WHY NOT LIVE',
    priority: 14,
    cutTo: 12,
    sparse: true,
    cell: ({ tierReason }) => plain(tierReason || '-'),
  },
  {
    title: 'WHY NO TCP, UDP',
    priority: 18,
    cutTo: 12,
    sparse: true,
    wide: true,
    cell: ({ streamsReason }) => plain(streamsReason ?? '-'),
  },
  {
    title: 'ATTACHED',
    priority: 15,
    cutTo: 16,
    sparse: true,
    cell: attachedCell,
  },
  {
    title: 'QUIET',
    priority: 15,
    wide: true,
    cell: ({ quiet }) => plain(quiet ? `${quiet.epoch}.${quiet.version}` : '-'),
  },
  {
    title: 'GENERATION',
    priority: 16,
    wide: true,
    cell: ({ inForce }) => plain(inForce?.generation ?? '-'),
  },
  {
    title: 'ADDRESSES',
    priority: 17,
    wide: true,
    cell: ({ addresses, httpPort }) =>
      plain(addresses.map((address) => `${address}:${httpPort}`).join(' ') || `:${httpPort}`),
  },
]

const TESTED_AFTER = 'tested after the swap, rolled back on failure'
const DAY_MS = 86_400_000
const SOON_MS = 30 * DAY_MS

/** How many certificates it has, and what somebody should know of the most urgent one. */
function tlsCell({ certificates }: EdgeView, nowMs: number): Cell {
  if (certificates === undefined) return plain('-')
  const { list, problem, total } = certificates
  if (problem !== undefined) return toned(problem, 'bad')
  const broken = list.find((it) => it.problem !== undefined)
  if (broken !== undefined) return toned(`${broken.name}: ${broken.problem}`, 'bad')
  const [first] = list
  if (first?.served === undefined) return plain('no certificate')
  const leftMs = Date.parse(first.served.notAfter) - nowMs
  if (leftMs <= 0) return toned(`${first.name} expired`, 'bad')
  const text = `${total}, first ends in ${span(leftMs)}`
  return leftMs <= SOON_MS ? toned(`${text}: ${first.name}`, 'warn') : plain(text)
}

function stateCell(edge: EdgeView): Cell {
  if (!edge.reporting) return toned('silent', 'bad')
  const { outcome } = edge
  switch (outcome.kind) {
    case 'refused':
    case 'rejected':
      return toned(`${outcome.kind}: ${outcome.reason}`, 'bad')
    case 'held':
      return toned('held', 'warn')
    case 'none':
      return toned('waiting', 'warn')
    case 'applied':
    case 'unchanged':
      return isBehind(edge) ? toned('behind', 'warn') : toned('in force', 'good')
  }
}

/** Whose nginx it is, when it is tested, and names that are not served for certain. */
function attachedCell({ attached }: EdgeView): Cell {
  if (attached === undefined) return plain('-')
  const { way, afterSwap, conflicts = [] } = attached
  const tested = afterSwap === undefined ? 'tested before the swap' : TESTED_AFTER
  const text = `${way}, ${tested}`
  if (conflicts.length === 0) return plain(text)
  return toned(`${text}; also elsewhere: ${conflicts.join(' ')}`, 'warn')
}

/** Requests still under way to containers that were taken out: at so many, or at those and more. */
function busyCell({ busy, busyMore }: EdgeView): Cell {
  const requests = busy.reduce((sum, each) => sum + each.requests, 0)
  if (requests === 0) return plain('-')
  const more = busyMore ? '+' : ''
  return toned(`${requests}${more} at ${busy.length}${more}`, 'warn')
}

/** Whether what the leader wants is not yet what nginx runs. */
export function isBehind({ desired, inForce }: EdgeView): boolean {
  if (desired === undefined) return false
  return inForce?.epoch !== desired.epoch || inForce.version !== desired.version
}

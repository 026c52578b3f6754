import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { STALE_AFTER_MS } from '@roadstead/shared/kernel/limits.ts'
import { compareText } from '../graph/select.ts'
import type { Scene } from './scene.ts'

export function edgeViews({ edges, desired, nowMs }: Scene): readonly EdgeView[] {
  return [...edges]
    .sort(([a], [b]) => compareText(a, b))
    .map(([edge, { status, monoMs }]) => edgeView(edge, status, nowMs - monoMs, desired))
}

function edgeView(
  edge: EdgeId,
  status: EdgeStatus,
  silentMs: number,
  desired: Scene['desired'],
): EdgeView {
  const {
    name,
    host,
    httpPort,
    httpsPort,
    certificates,
    addresses,
    tier,
    tierReason,
    epochMax,
    outcome,
  } = status
  const { nginx, quarantined, checks, applied, inForce, quiet } = status
  const wanted = desired.get(edge)
  return {
    id: edge,
    name,
    ...(host !== undefined && { host }),
    reporting: silentMs < STALE_AFTER_MS,
    lastHeardMsAgo: Math.round(silentMs),
    httpPort,
    ...(httpsPort !== undefined && { httpsPort }),
    ...(certificates !== undefined && { certificates }),
    addresses,
    tier,
    tierReason,
    ...(status.streamsReason !== undefined && { streamsReason: status.streamsReason }),
    ...(status.attached !== undefined && { attached: status.attached }),
    epochMax,
    ...(inForce !== undefined && { inForce }),
    ...(wanted !== undefined && { desired: { epoch: wanted.epoch, version: wanted.version } }),
    ...(quiet !== undefined && { quiet: { epoch: quiet.epoch, version: quiet.version } }),
    busy: [...(status.busy ?? [])],
    busyMore: status.busyMore ?? false,
    outcome,
    nginx,
    quarantined,
    checks,
    ...(applied !== undefined && { applied }),
    editedFiles: [...(status.editedFiles ?? [])],
  }
}

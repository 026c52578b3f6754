import {
  type ControlEntry,
  type ControlStream,
  DECISION_PREFIX,
  manifestKey,
} from '@roadstead/bus/ports.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { DecisionRecord } from '@roadstead/shared/protocol/decision.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { z } from 'zod'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Reject } from './reject.ts'

export interface FoldDecisionsDeps {
  readonly control: Pick<ControlStream, 'follow'>
  readonly site: string
  readonly state: {
    hear(input: DecisionChange): void
    setDesired(edge: EdgeId, manifest: TableManifest | undefined): void
  }
  readonly position: {
    advance(seq: number): void
    setCaughtUp(isCaughtUp: boolean): void
    sawDecision(key: string): void
    lostDecision(key: string): void
  }
  readonly reject: Reject
  readonly isCaughtUp: (stream: 'control', caughtUp: boolean) => void
}

/**
 * Reads the control stream: decisions are folded, heads of tables are kept to compare with. A key
 * that is missing after the stream was lost is not forgotten here; only a deletion deletes. Where
 * something stands that nobody understands, a decision counts as lost and a head as not there: whoever
 * leads writes both again.
 */
export async function foldDecisions(deps: FoldDecisionsDeps, signal: AbortSignal): Promise<void> {
  for await (const delivery of deps.control.follow(signal)) {
    switch (delivery.kind) {
      case 'invalid':
        deps.reject('control', delivery)
        break
      case 'message':
        if (!foldEntry(delivery.value, deps)) {
          const { seq, subject } = delivery
          deps.reject('control', {
            kind: 'invalid',
            seq,
            subject,
            error: 'not what this key holds',
          })
        }
        deps.position.advance(delivery.seq)
        break
      default:
        deps.position.setCaughtUp(delivery.kind === 'caught-up')
        deps.isCaughtUp('control', delivery.kind === 'caught-up')
    }
  }
}

/** False when the text is not what the key promises. */
function foldEntry(entry: ControlEntry, deps: FoldDecisionsDeps): boolean {
  if (entry.key.startsWith(DECISION_PREFIX)) return foldDecision(entry, deps)
  const edge = edgeOf(entry.key, deps.site)
  return edge === undefined || foldManifest(edge, entry.text, deps)
}

function foldDecision({ key, text }: ControlEntry, deps: FoldDecisionsDeps): boolean {
  const record = text === undefined ? undefined : parsed(DecisionRecord, text)
  if (text !== undefined && record === undefined) {
    deps.position.lostDecision(key)
    return false
  }
  deps.position.sawDecision(key)
  deps.state.hear({ kind: 'decision', key, decision: record?.decision })
  return true
}

function foldManifest(edge: EdgeId, text: string | undefined, deps: FoldDecisionsDeps): boolean {
  const signed = text === undefined ? undefined : parsed(Signed, text)
  const manifest = signed && parsed(TableManifest, signed.body)
  deps.state.setDesired(edge, manifest)
  return text === undefined || manifest !== undefined
}

function edgeOf(key: string, site: string): EdgeId | undefined {
  const edge = EdgeId.safeParse(key.split('.')[2]).data
  return edge !== undefined && key === manifestKey(site, edge) ? edge : undefined
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

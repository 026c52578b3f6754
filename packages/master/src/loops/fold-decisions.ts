import {
  type ControlEntry,
  type ControlStream,
  DECISION_PREFIX,
  manifestKey,
  objectKey,
} from '@roadstead/bus/ports.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { DecisionRecord } from '@roadstead/shared/protocol/decision.ts'
import { EdgeObject, ObjectKind } from '@roadstead/shared/protocol/kept-object.ts'
import { ObjectName } from '@roadstead/shared/protocol/route-settings.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { z } from 'zod'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { StoredObject } from '../core/objects/deliveries.ts'
import type { ObjectPlace } from '../core/objects/kept-objects.ts'
import type { DecisionWord } from '../core/history/decided.ts'
import type { Reject } from './reject.ts'

export interface FoldDecisionsDeps {
  readonly control: Pick<ControlStream, 'follow'>
  readonly site: string
  readonly state: {
    hear(input: DecisionChange): void
    setDesired(edge: EdgeId, manifest: TableManifest | undefined): void
    setStored(edge: EdgeId, place: ObjectPlace, stored: StoredObject | undefined): void
    readonly objects: { clear(): void }
  }
  readonly digest: Digest
  readonly notes: { decided(word: DecisionWord): void }
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
 * Reads the control stream: decisions are folded; heads of tables, and which objects are sealed for
 * whom, are kept to compare with. A decision that is missing after the stream was lost is not forgotten
 * here; only a deletion deletes. Where something stands that nobody understands, a decision counts as
 * lost and anything else as not there: whoever leads writes it again.
 */
export async function foldDecisions(deps: FoldDecisionsDeps, signal: AbortSignal): Promise<void> {
  for await (const delivery of deps.control.follow(signal)) {
    switch (delivery.kind) {
      case 'invalid':
        deps.reject('control', delivery)
        break
      case 'message':
        if (!foldEntry(delivery.value, delivery.born, deps)) {
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
        // From its beginning, which may be another one: what it has of objects it says again.
        if (delivery.kind === 'reset') deps.state.objects.clear()
        deps.position.setCaughtUp(delivery.kind === 'caught-up')
        deps.isCaughtUp('control', delivery.kind === 'caught-up')
    }
  }
}

/** False when the text is not what the key promises. */
function foldEntry(entry: ControlEntry, born: number, deps: FoldDecisionsDeps): boolean {
  if (entry.key.startsWith(DECISION_PREFIX)) return foldDecision(entry, born, deps)
  if (entry.key.startsWith(OBJECT_PREFIX)) return foldObject(entry, deps)
  const edge = edgeOf(entry.key, deps.site)
  return edge === undefined || foldManifest(edge, entry.text, deps)
}

function foldDecision(
  { key, seq, text }: ControlEntry,
  born: number,
  deps: FoldDecisionsDeps,
): boolean {
  const record = text === undefined ? undefined : parsed(DecisionRecord, text)
  if (text !== undefined && record === undefined) {
    deps.position.lostDecision(key)
    return false
  }
  deps.position.sawDecision(key)
  deps.state.hear({ kind: 'decision', key, decision: record?.decision })
  deps.notes.decided({ key, decision: record?.decision, born, seq })
  return true
}

function foldManifest(edge: EdgeId, text: string | undefined, deps: FoldDecisionsDeps): boolean {
  const signed = text === undefined ? undefined : parsed(Signed, text)
  const manifest = signed && parsed(TableManifest, signed.body)
  deps.state.setDesired(edge, manifest)
  return text === undefined || manifest !== undefined
}

const OBJECT_PREFIX = 'o.'

function foldObject(
  { key, text }: ControlEntry,
  { digest, site, state }: FoldDecisionsDeps,
): boolean {
  const [, , edgeText, kindText, nameText] = key.split('.')
  const edge = EdgeId.safeParse(edgeText).data
  const kind = ObjectKind.safeParse(kindText).data
  const name = ObjectName.safeParse(nameText).data
  if (edge === undefined || kind === undefined || name === undefined) return true
  const place = { kind, name }
  if (key !== objectKey(site, edge, place)) return true
  const object = text === undefined ? undefined : parsed(EdgeObject, text)
  const to = object?.sealed.keys[0]?.to
  const isRight = object?.kind === kind && object.name === name && to !== undefined
  const stored =
    isRight && text !== undefined
      ? { ...place, version: object.version, to, digest: digest(text) }
      : undefined
  state.setStored(edge, place, stored)
  return text === undefined || stored !== undefined
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

import type { Bell } from '@roadstead/shared/kernel/bell.ts'
import type {
  AppliedTrace,
  EdgeOutcome,
  Quarantined,
  TableStamp,
} from '@roadstead/shared/protocol/edge-status.ts'
import type { ObjectMention, ObjectTrouble } from '@roadstead/shared/protocol/kept-object.ts'
import type { Trace } from '@roadstead/shared/protocol/table.ts'
import type { Fence } from './accept.ts'
import type { HealthByEndpoint } from './checks.ts'
import type { EntrySet } from './live/entries.ts'
import type { Rendering } from './nginx/render.ts'
import type { HeldObjects } from './objects/held-object.ts'
import type { CertificatesByObject, UsersByObject } from './own-view.ts'
import type { QuietBook } from './quiet.ts'
import type { Joins } from './slow-start.ts'
import type { EdgeTable } from './table.ts'
import type { Certificate } from './tls/certificate.ts'
import type { CertificateReport } from './tls/report.ts'
import type { OldWorkers } from './workers.ts'

/** A table that was accepted, on its way to nginx. */
export interface Desired {
  readonly stamp: TableStamp
  readonly table: EdgeTable
  readonly trace?: Trace
  /** Wall clock, for the trace only. */
  readonly acceptedMs: number
}

/** What nginx has been seen to answer by. */
export interface InForce {
  readonly stamp: TableStamp
  readonly table: EdgeTable
  /** Of the file and, in the live tier, of the entries in the memory of nginx. */
  readonly generation: string
  /** Of the file alone. */
  readonly file: string
  /** Undefined in the reload tier, and when a start found none on the disk. */
  readonly entries: EntrySet | undefined
  readonly since: string
}

/** A route that nginx refused, with a mark of the text it was refused for. */
export interface Quarantine extends Quarantined {
  readonly mark: string
}

/** What the loops share. One of them writes a field; the others look again when a bell rings. */
export interface EdgeState {
  fence: Fence
  desired: Desired | undefined
  inForce: InForce | undefined
  /** The rendering that runs; undefined whenever that is not certain. */
  rendering: Rendering | undefined
  /** The generation that no worker answers differently any more. */
  verified: string | undefined
  /** What was in force when it was last written to the disk, with the entries of the live tier. */
  kept: Pick<InForce, 'stamp' | 'generation'> | undefined
  health: HealthByEndpoint
  /** Endpoints that start slowly. */
  joins: Joins
  /** Objects that the accepted table names; undefined before the first of this life. */
  wantedObjects: readonly ObjectMention[] | undefined
  /** Objects that are at hand, and on the disk. */
  objects: HeldObjects
  /** Why others are not, or not in the wanted version, by `heldKey`. */
  objectTroubles: ReadonlyMap<string, ObjectTrouble>
  /** Users of the objects that are at hand. */
  users: UsersByObject
  /** Certificates likewise. */
  certificates: CertificatesByObject
  /** All that nginx is to show, the best one first. */
  shownCertificates: readonly Certificate[]
  /** What became of each; undefined without a listener for TLS. */
  certificateReport: CertificateReport | undefined
  quarantine: ReadonlyMap<string, Quarantine>
  /** Routes that are too many for this edge; the first of them, for the status. */
  refused: ReadonlyMap<string, Quarantined>
  /** What is wrong with ports of streams, by key, for a person. */
  portTroubles: ReadonlyMap<string, string>
  /** What left and is perhaps still in use. */
  quietBook: QuietBook
  outcome: EdgeOutcome
  applied: AppliedTrace | undefined
  editedFiles: readonly string[]
  reloads: number
  /** Changes of the running nginx without a reload. */
  pushes: number
  /** Monotonic time of the last signal to nginx, and how long its first answer took. */
  lastReload: { readonly signalledMs: number; readonly tookMs: number } | undefined
  /** As seen after the last reload; undefined when nobody has looked since. */
  oldWorkers: OldWorkers | undefined
  /** Counts every wish to apply, so that a wait can tell whether there is a newer one. */
  readonly wishes: number
  readonly applyBell: Bell
  readonly reportBell: Bell
  readonly quietBell: Bell
  readonly keepBell: Bell
  readonly objectBell: Bell
  /** Certificates of the masters are other ones now. */
  readonly certificateBell: Bell
  /** Something that is rendered has changed. */
  wish(): void
  settle(outcome: EdgeOutcome): void
  wantObjects(wanted: readonly ObjectMention[]): void
  /** Puts these in the place of those before. */
  holdObjects(held: HeldObjects): void
}

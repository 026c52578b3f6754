import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import type { EdgeState } from './core/edge-state.ts'
import { byObject } from './core/objects/held-object.ts'
import { emptyBook } from './core/quiet.ts'

/** The one mutable cell of this process. */
export class EdgeCell implements EdgeState {
  fence: EdgeState['fence'] = { epochMax: 0 }
  desired: EdgeState['desired']
  inForce: EdgeState['inForce']
  rendering: EdgeState['rendering']
  verified: EdgeState['verified']
  kept: EdgeState['kept']
  health: EdgeState['health'] = new Map()
  joins: EdgeState['joins'] = new Map()
  wantedObjects: EdgeState['wantedObjects']
  objects: EdgeState['objects'] = new Map()
  objectTroubles: EdgeState['objectTroubles'] = new Map()
  users: EdgeState['users'] = new Map()
  certificates: EdgeState['certificates'] = new Map()
  shownCertificates: EdgeState['shownCertificates'] = []
  certificateReport: EdgeState['certificateReport']
  quarantine: EdgeState['quarantine'] = new Map()
  refused: EdgeState['refused'] = new Map()
  portTroubles: EdgeState['portTroubles'] = new Map()
  quietBook: EdgeState['quietBook'] = emptyBook
  outcome: EdgeOutcome = { kind: 'none' }
  applied: EdgeState['applied']
  editedFiles: readonly string[] = []
  reloads = 0
  pushes = 0
  lastReload: EdgeState['lastReload']
  oldWorkers: EdgeState['oldWorkers']
  wishes = 0
  readonly applyBell = new Bell()
  readonly reportBell = new Bell()
  readonly quietBell = new Bell()
  readonly keepBell = new Bell()
  readonly objectBell = new Bell()
  readonly certificateBell = new Bell()

  wish(): void {
    this.wishes += 1
    this.applyBell.ring()
  }

  wantObjects(wanted: NonNullable<EdgeState['wantedObjects']>): void {
    this.wantedObjects = wanted
    this.objectBell.ring()
  }

  holdObjects(held: EdgeState['objects']): void {
    const { users, certificates } = byObject(held)
    this.objects = held
    this.users = users
    this.certificates = certificates
    this.certificateBell.ring()
    this.wish()
    this.reportBell.ring()
  }

  settle(outcome: EdgeOutcome): void {
    this.outcome = outcome
    this.reportBell.ring()
  }
}

import type { Opened } from '@roadstead/bus/sealed-box.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import {
  type CertificateContent,
  type ObjectFacts,
  OBJECTS_MAX,
  objectContext,
  type Sealed,
  UsersContent,
} from '@roadstead/shared/protocol/kept-object.ts'
import {
  type Decisions,
  keptObject,
  keptObjects,
  type ObjectDecision,
  objectDecisionKey,
  type ObjectPlace,
  placeOf,
} from '../core/objects/kept-objects.ts'
import { isSameSet, mastersFor, sealedFor } from '../core/objects/recipients.ts'
import { changedUsers, nameOf, sortedUsers } from '../core/objects/user-lines.ts'

/** Sealing, as this master can do it. */
export interface SealedBox {
  seal(recipients: readonly PublicKey[], plaintext: string, context: string): Sealed
  open(sealed: Sealed, context: string): Opened
  /** Our own key first, then those of masters that we were told of when we were enrolled. */
  readonly masters: readonly [PublicKey, ...PublicKey[]]
}

export interface ObjectOfficeDeps {
  readonly state: { readonly graph: { readonly decisions: Decisions } }
  readonly pen: {
    assertLeads(): void
    write(
      drafts: readonly { readonly key: string; readonly decision: ObjectDecision | undefined }[],
    ): Promise<void>
  }
  readonly box: SealedBox
  readonly newVersion: () => string
  readonly clock: Clock
  readonly log: Log
}

/** All objects together, sealed: they are part of what every master keeps, and of each edge's share. */
const CHARACTERS_MAX = 4 * 1024 * 1024
/** As a decision can carry it. */
const BY_MAX = 128

/**
 * Where users and certificates are kept, one change at a time. What is secret is opened for the length
 * of one change, and is in no log, answer or error.
 */
export class ObjectOffice {
  readonly #deps: ObjectOfficeDeps
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: ObjectOfficeDeps) {
    this.#deps = deps
  }

  /** @throws RoadsteadError `bad-input`, `not-leader` or `bus-unreachable` */
  setUsers(name: string, lines: readonly string[], by: string): Promise<ObjectDecision> {
    return this.#inTurn(() => this.#keepUsers(name, lines, by))
  }

  /** Puts some users in or takes them out, and leaves the others. */
  changeUsers(
    name: string,
    change: { readonly set: readonly string[]; readonly remove: readonly string[] },
    by: string,
  ): Promise<ObjectDecision> {
    return this.#inTurn(() => {
      const lines = this.#linesOf(name)
      const missing = change.remove.find((user) => !lines.some((line) => nameOf(line) === user))
      if (missing !== undefined) throw new RoadsteadError('not-found', { user: missing, in: name })
      return this.#keepUsers(name, changedUsers(lines, change), by)
    })
  }

  /** Facts are what was read from the certificate; whoever calls has looked that it can be used. */
  setCertificate(
    name: string,
    content: CertificateContent,
    facts: ObjectFacts,
    by: string,
  ): Promise<ObjectDecision> {
    return this.#inTurn(() => this.#keep(name, facts, JSON.stringify(content), by))
  }

  /** @throws RoadsteadError `not-found` */
  remove(place: ObjectPlace, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const { log, pen } = this.#deps
      pen.assertLeads()
      if (keptObject(this.#decisions, place) === undefined) {
        throw new RoadsteadError('not-found', { [place.kind]: place.name })
      }
      await pen.write([{ key: objectDecisionKey(place), decision: undefined }])
      log.info({ by, object: place.kind, name: place.name }, 'object removed')
    })
  }

  /** Seals for masters that have come, and no longer for those that were taken back. */
  async resealAll(): Promise<void> {
    for (const { facts, name } of keptObjects(this.#decisions)) {
      const place = { kind: facts.object, name }
      const object = keptObject(this.#decisions, place)
      if (object === undefined || this.#isSealedRight(object)) continue
      await this.#inTurn(() => this.#reseal(place))
    }
  }

  /** What is in an object; undefined when this master holds no key for it. */
  textOf(object: ObjectDecision): string | undefined {
    const { sealed, version } = object
    const context = objectContext({ ...placeOf(object), version }, MASTERS)
    const opened = this.#deps.box.open(sealed, context)
    return opened.kind === 'opened' ? opened.plaintext : undefined
  }

  get #decisions(): Decisions {
    return this.#deps.state.graph.decisions
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(change)
    this.#last = done.catch(() => undefined)
    return done
  }

  #linesOf(name: string): readonly string[] {
    const object = keptObject(this.#decisions, { kind: 'users', name })
    if (object === undefined) return []
    const text = this.textOf(object)
    if (text === undefined) throw new RoadsteadError('object-sealed', { users: name })
    return UsersContent.parse(JSON.parse(text)).lines
  }

  #keepUsers(name: string, given: readonly string[], by: string): Promise<ObjectDecision> {
    const lines = sortedUsers(given)
    const facts: ObjectFacts = { object: 'users', names: lines.map(nameOf) }
    return this.#keep(name, facts, JSON.stringify({ lines }), by)
  }

  async #keep(name: string, facts: ObjectFacts, text: string, by: string): Promise<ObjectDecision> {
    const { clock, log, newVersion, pen } = this.#deps
    pen.assertLeads()
    const place = { kind: facts.object, name }
    const version = newVersion()
    const decision: ObjectDecision = {
      kind: 'object',
      name,
      version,
      facts,
      sealed: this.#seal(place, version, text, []),
      by: by.slice(0, BY_MAX),
      since: new Date(clock.wallMs()).toISOString(),
    }
    this.#assertRoom(place, decision)
    await pen.write([{ key: objectDecisionKey(place), decision }])
    log.info({ by, object: facts.object, name, version }, 'object kept')
    return decision
  }

  #assertRoom(place: ObjectPlace, decision: ObjectDecision): void {
    const others = keptObjects(this.#decisions).filter(
      (it) => it.name !== place.name || it.facts.object !== place.kind,
    )
    const characters = [...others, decision].reduce((sum, it) => sum + it.sealed.text.length, 0)
    if (others.length < OBJECTS_MAX && characters <= CHARACTERS_MAX) return
    throw new RoadsteadError('bad-input', {
      objects: `at most ${OBJECTS_MAX} of 4 MiB together; remove some`,
    })
  }

  #isSealedRight(object: ObjectDecision): boolean {
    const now = sealedFor(object)
    return isSameSet(now, mastersFor(now, this.#deps.box.masters, this.#decisions))
  }

  async #reseal(place: ObjectPlace): Promise<void> {
    const { log, pen } = this.#deps
    const object = keptObject(this.#decisions, place)
    const text = object && this.textOf(object)
    // Another master holds a key for it, and seals it for us when it leads.
    if (object === undefined || text === undefined) return
    const sealed = this.#seal(place, object.version, text, sealedFor(object))
    await pen.write([{ key: objectDecisionKey(place), decision: { ...object, sealed } }])
    const masters = sealed.keys.length
    log.info({ object: place.kind, name: place.name, masters }, 'object sealed anew')
  }

  #seal(place: ObjectPlace, version: string, text: string, also: readonly PublicKey[]): Sealed {
    const { box } = this.#deps
    const recipients = mastersFor(also, box.masters, this.#decisions)
    return box.seal(recipients, text, objectContext({ ...place, version }, MASTERS))
  }
}

/** Whom an object is kept for, beside the edges. */
const MASTERS = 'masters'

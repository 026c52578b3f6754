import assert from 'node:assert/strict'
import { chmod, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { openWith, seal } from '@roadstead/bus/sealed-box.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { type ObjectMention, objectContext } from '@roadstead/shared/protocol/kept-object.ts'
import { objectsAtHand } from '../core/objects/held-object.ts'
import { ObjectFiles } from '../io/object-files.ts'
import { EdgeCell } from '../state.ts'
import { eventually, inTempFolder } from '../testing/bench.ts'
import { Authority } from '../testing/certificates.ts'
import { certificateFits as fits } from '../io/certificate-fits.ts'
import { followObjects } from './follow-objects.ts'

const edge = EdgeId.parse('e1')
const authority = new Authority()
const own = createKey()
const V1 = '1'.repeat(16)
const V2 = '2'.repeat(16)
const ann = 'ann:$apr1$x$y'
const bob = 'bob:$apr1$x$z'

describe('objects of the masters at an edge', () => {
  test('what a table names is fetched, opened, kept and let go of when it is named no more', async () => {
    await using it = await Follower.start()
    const pair = authority.pair(['a.test'])
    it.say(it.store('users', 'team', V1, { lines: [ann] }), it.store('certificate', 'a', V1, pair))
    await eventually(() => it.state.certificates.size === 1 && it.state.users.size === 1)
    assert.deepEqual(it.state.users.get('team'), [ann])
    assert.deepEqual(it.state.certificates.get('a'), pair)

    it.say(it.store('users', 'team', V2, { lines: [bob] }))
    await eventually(() => it.state.users.get('team')?.[0] === bob)
    assert.equal(it.state.certificates.size, 0)
    assert.deepEqual(await readdir(it.folder), ['users.team.json'])
  })

  test('its files are closed to everybody else, and a next life has them with nobody there', async () => {
    await using it = await Follower.start()
    it.say(it.store('users', 'team', V1, { lines: [ann] }))
    await eventually(() => it.state.users.size === 1)
    const modes = await Promise.all(
      [it.folder, join(it.folder, 'users.team.json')].map((path) => stat(path)),
    )
    assert.deepEqual(
      modes.map(({ mode }) => mode & 0o777),
      [0o700, 0o600],
    )
    const next = new EdgeCell()
    next.holdObjects(await new ObjectFiles(it.path).read())
    assert.deepEqual(next.users.get('team'), [ann])
  })

  test('what cannot be had or opened leaves the version before in force, and is told', async () => {
    await using it = await Follower.start()
    it.say(it.store('users', 'team', V1, { lines: [ann] }))
    await eventually(() => it.state.users.size === 1)
    const told = () => objectsAtHand(it.state)[0]

    // Named without a text, as by a leader whose bus has lost all.
    it.say({ kind: 'users', name: 'team', version: V2 })
    await it.settled()
    assert.deepEqual(told(), { kind: 'users', name: 'team', version: V1 })

    it.say({ kind: 'users', name: 'team', version: V2, digest: sha256('gone') })
    await eventually(() => told()?.trouble === 'not-stored')
    assert.deepEqual(it.state.users.get('team'), [ann])

    it.say(it.store('users', 'team', V2, { lines: [bob] }, createKey().publicKey))
    await eventually(() => told()?.trouble === 'not-for-us')
    assert.deepEqual(it.state.users.get('team'), [ann])
  })

  test('what could not be fetched is asked for again', async () => {
    await using it = await Follower.start()
    const mention = it.store('users', 'team', V1, { lines: [ann] })
    const text = it.texts.get(mention.digest ?? '') ?? ''
    it.texts.clear()
    it.say(mention)
    await eventually(() => it.state.objectTroubles.size === 1)
    it.texts.set(mention.digest ?? '', text)
    await eventually(() => it.state.users.size === 1)
    await eventually(() => it.state.objectTroubles.size === 0)
  })

  test('a certificate whose key is another’s is not taken', async () => {
    await using it = await Follower.start()
    const wrong = { chain: authority.pair(['a.test']).chain, key: authority.pair(['a.test']).key }
    it.say(it.store('certificate', 'a', V1, wrong))
    await eventually(() => it.state.objectTroubles.size === 1)
    assert.deepEqual([...it.state.objectTroubles.values()], ['key-does-not-fit'])
    assert.equal(it.state.certificates.size, 0)
  })

  test('a disk that takes nothing is told, and nothing that is not kept is in force', async () => {
    await using it = await Follower.start({ files: 'refused' })
    it.say(it.store('users', 'team', V1, { lines: [ann] }))
    await eventually(() => it.state.objectTroubles.size === 1)
    assert.deepEqual([...it.state.objectTroubles.values()], ['disk-full'])
    assert.equal(it.state.users.size, 0)
  })
})

/** The loop beside a bus that has what a test puts into it. */
class Follower implements AsyncDisposable {
  readonly state = new EdgeCell()
  readonly texts = new Map<string, string>()
  readonly path: string
  readonly #folder: AsyncDisposable
  readonly #stop = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(path: string, folder: AsyncDisposable) {
    this.path = path
    this.#folder = folder
  }

  static async start({ files }: { readonly files?: 'refused' } = {}): Promise<Follower> {
    const folder = await inTempFolder()
    await chmod(folder.path, 0o700)
    const it = new Follower(folder.path, folder)
    const full = { kind: 'disk-full', detail: 'ENOSPC' } as const
    const refused = { write: () => Promise.resolve(full), remove: () => Promise.resolve(full) }
    const deps = {
      self: { edge },
      bus: {
        object: (_edge: EdgeId, { digest }: { readonly digest: string }) =>
          Promise.resolve(it.texts.get(digest)),
      },
      objectFiles: files === 'refused' ? refused : new ObjectFiles(folder.path),
      open: openWith(own.seed),
      fits,
      state: it.state,
      clock,
      log,
    }
    it.#done = followObjects(deps, it.#stop.signal)
    return it
  }

  get folder(): string {
    return join(this.path, 'objects')
  }

  store(
    kind: ObjectMention['kind'],
    name: string,
    version: string,
    content: unknown,
    to = own.publicKey,
  ): ObjectMention {
    const sealed = seal([to], JSON.stringify(content), objectContext({ kind, name, version }, edge))
    const text = JSON.stringify({ v: 1, kind, name, version, sealed })
    const digest = sha256(text)
    this.texts.set(digest, text)
    return { kind, name, version, digest }
  }

  say(...wanted: readonly ObjectMention[]): void {
    this.state.wantObjects(wanted)
  }

  /** The loop has looked at what was said last: it reports when it has. */
  async settled(): Promise<void> {
    await this.state.reportBell.rung(this.#stop.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.#folder[Symbol.asyncDispose]()
  }
}

import {
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { type NamedEntries, readLiveText } from '../core/live/entries.ts'
import { bodyOf, seal, unseal } from '../core/nginx/envelope.ts'
import { CANDIDATE, FILES } from '../core/nginx/main-file.ts'
import { KeyFiles } from './key-files.ts'
import { namedIn, putUserFiles, sweepNamedFiles } from './user-files.ts'
import { markIn, withoutMark } from '../core/streams/stream-mark.ts'
import { StreamFile } from './stream-file.ts'
import {
  type DiskTrouble,
  requireWritten,
  writeWhole,
  type Written,
  written,
} from './write-whole.ts'

const LAST_GOOD = 'last-good.conf'
const LAST_GOOD_LIVE = 'last-good-live.txt'
/** nginx writes an error line per failed request at worst; older lines are kept once. */
const LOG_BYTES_MAX = 16 * 1024 * 1024

export type Ensured = { readonly kind: 'kept' | 'last-good' | 'fallback' } | DiskTrouble

/**
 * The files of our nginx: the routes it includes, the last ones it has been seen to answer by, and a
 * candidate that is tested beside them. Routes carry a checksum, so a damaged file is never served.
 */
export class ConfFiles {
  readonly folder: string
  readonly keys: KeyFiles
  readonly #digest: Digest
  readonly #group: number | undefined
  #main = ''
  readonly #streams: StreamFile
  /** Whether what was staged is on the disk. */
  #synced: Promise<Written> = Promise.resolve({ kind: 'disk-failed', detail: 'nothing is staged' })

  /** @param group of nginx's workers, when they run as somebody else. */
  constructor(folder: string, digest: Digest, group?: number) {
    this.folder = folder
    this.keys = new KeyFiles(folder)
    this.#digest = digest
    this.#group = group
    this.#streams = new StreamFile(folder, digest)
  }

  /**
   * Makes the folder and the files that stay (`more` by name); true when nginx would start from
   * other ones before.
   * Where all is as it should be, nothing is written: so an edge can come back on a full disk.
   *
   * @throws RoadsteadError `disk-full` or `disk-failed`
   */
  async prepare(
    main: string,
    candidateMain: string,
    more: ReadonlyMap<string, string> = new Map(),
  ): Promise<boolean> {
    const temp = join(this.folder, 'temp')
    const made = await written(() => mkdir(temp, { recursive: true, mode: 0o700 }))
    requireWritten(made, this.folder)
    await this.#letWorkersIn(temp)
    this.#main = main
    await this.#putThere(CANDIDATE.main, candidateMain)
    const changes = []
    for (const [name, text] of [...more, [FILES.main, main] as const]) {
      changes.push(await this.#putThere(name, text))
    }
    return changes.includes(true)
  }

  /** Where nginx sends its lines; true when it was told another place before. */
  async placeAccess(text: string): Promise<boolean> {
    return this.#putThere(FILES.access, text)
  }

  /**
   * Makes sure that there are routes to start from: those that were tested last, else the last good
   * ones, else `fallback`, which has none.
   */
  async ensureRoutes(fallback: string): Promise<Ensured> {
    await this.#ensureLive()
    const ensured = await this.#ensureRoutes(fallback)
    if (ensured.kind === 'disk-full' || ensured.kind === 'disk-failed') return ensured
    const fits = await this.#streams.fits((await this.#read(FILES.routes)) ?? '')
    if (!fits) await this.dropStreams()
    return ensured
  }

  /** Leaves the streams out, until a table brings them again; true when there were some. */
  async dropStreams(): Promise<boolean> {
    const emptied = await this.#streams.empty()
    const routes = (await this.#read(FILES.routes)) ?? ''
    if (emptied.kind !== 'written' || markIn(routes) === '') return false
    const rest = seal(withoutMark(bodyOf(routes)), this.#digest)
    return (await writeWhole(this.#path(FILES.routes), rest.text)).kind === 'written'
  }

  async #ensureRoutes(fallback: string): Promise<Ensured> {
    if ((await this.generation()) !== undefined) return { kind: 'kept' }
    const good = await this.#read(LAST_GOOD)
    const isGood = good !== undefined && unseal(good, this.#digest) !== undefined
    const outcome = await writeWhole(this.#path(FILES.routes), isGood ? good : fallback)
    if (outcome.kind !== 'written') return outcome
    return { kind: isGood ? 'last-good' : 'fallback' }
  }

  /** Generation of the routes on disk; undefined when they are missing, cut or edited. */
  async generation(): Promise<string | undefined> {
    const text = await this.#read(FILES.routes)
    return text === undefined ? undefined : unseal(text, this.#digest)
  }

  /** The entries on disk; undefined when they are missing, cut or edited. */
  async readLive(): Promise<NamedEntries | undefined> {
    return this.#readLive(FILES.live)
  }

  /** Keeps the entries that nginx starts with when its memory is empty, and those before them. */
  async keepLive(text: string): Promise<Written> {
    const path = this.#path(FILES.live)
    const temporary = `${path}.new`
    const isThere = (await this.#read(FILES.live)) !== undefined
    const outcome = await written(async () => {
      await writeFile(temporary, text, { mode: 0o600 })
      await syncFile(temporary)
      if (isThere) await rename(path, this.#path(LAST_GOOD_LIVE))
      await rename(temporary, path)
    })
    if (outcome.kind !== 'written') await written(() => rm(temporary, { force: true }))
    return outcome
  }

  /**
   * Puts a text where nginx can test it. It goes to the disk while nginx reads it.
   *
   * @param beside files that the text names.
   * @param streams the text of the streams that are tested with it.
   */
  async stage(
    text: string,
    beside: ReadonlyMap<string, string> = new Map(),
    streams = '',
  ): Promise<Written> {
    await this.#synced
    const besides = await this.#streams.stage(streams)
    if (besides.kind !== 'written') return besides
    const put = await putUserFiles(this.folder, beside, this.#group)
    if (put.kind !== 'written') return put
    const keys = await this.keys.put(text)
    if (keys.kind !== 'written') return keys
    const path = this.#path(CANDIDATE.routes)
    const staged = await written(() => writeFile(path, text, { mode: 0o600 }))
    this.#synced =
      staged.kind === 'written' ? written(() => syncFile(path)) : Promise.resolve(staged)
    return staged
  }

  /**
   * Makes what was staged the file that nginx reads next, once all of it is on the disk. The folder
   * is not synced here: until `keepAsGood` has done that, a machine that loses power comes back with
   * this file or the one before, both whole and tested.
   */
  async commit(): Promise<Written> {
    const synced = await this.#synced
    if (synced.kind !== 'written') return synced
    const streams = await this.#streams.commit()
    if (streams.kind !== 'written') return streams
    return written(() => rename(this.#path(CANDIDATE.routes), this.#path(FILES.routes)))
  }

  /**
   * Remembers the committed routes as good, for good: nginx answers by them. Replaced workers go on
   * with the text before, so what that one names stays until the next one.
   */
  async keepAsGood(): Promise<Written> {
    const before = await this.#read(LAST_GOOD)
    await this.#streams.keepAsGood()
    const kept = await this.#copy(FILES.routes, LAST_GOOD)
    const now = await this.#read(FILES.routes)
    await written(() => sweepNamedFiles(this.folder, [before ?? '', now ?? '']))
    return kept
  }

  async restoreGood(): Promise<Written> {
    const streams = await this.#streams.restoreGood()
    return streams.kind === 'written' ? this.#copy(LAST_GOOD, FILES.routes) : streams
  }

  /** Files that are no longer as we wrote them. */
  async editedFiles(generation: string | undefined): Promise<readonly string[]> {
    const edited: string[] = []
    if ((await this.#read(FILES.main)) !== this.#main) edited.push(FILES.main)
    if (generation !== undefined && (await this.generation()) !== generation)
      edited.push(FILES.routes)
    else if (!(await this.#streams.fits((await this.#read(FILES.routes)) ?? '')))
      edited.push(FILES.streams)
    const named = new Set(namedIn((await this.#read(FILES.routes)) ?? ''))
    for (const name of named) if (!(await this.#isAsNamed(name))) edited.push(name)
    return edited
  }

  async #isAsNamed(name: string): Promise<boolean> {
    const content = await this.#read(name)
    return content !== undefined && name.endsWith(`-${this.#digest(content).slice(0, 32)}`)
  }

  /** Workers may pass through to files of their group and to their own; nobody may list anything. */
  async #letWorkersIn(temp: string): Promise<void> {
    const group = this.#group
    if (group === undefined) return
    for (const path of [dirname(this.folder), this.folder, temp]) {
      const { mode } = await stat(path)
      if ((mode & 0o001) !== 0) continue
      await written(async () => {
        await chown(path, 0, group)
        await chmod(path, (mode & 0o700) | 0o010)
      })
    }
  }

  /** nginx appends to its log, so it can be cut while it runs. */
  async trimLog(): Promise<void> {
    const path = this.#path(FILES.log)
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size < LOG_BYTES_MAX) return
    await copyFile(path, `${path}.1`)
    await truncate(path)
  }

  /** nginx looks at the last line only. Entries that were damaged anywhere else must not be served. */
  async #ensureLive(): Promise<void> {
    if ((await this.#readLive(FILES.live)) !== undefined) return
    const isGood = (await this.#readLive(LAST_GOOD_LIVE)) !== undefined
    const path = this.#path(FILES.live)
    await written(() =>
      isGood ? rename(this.#path(LAST_GOOD_LIVE), path) : rm(path, { force: true }),
    )
  }

  async #readLive(name: string): Promise<NamedEntries | undefined> {
    const text = await this.#read(name)
    return text === undefined ? undefined : readLiveText(text, this.#digest)
  }

  /** A copy and not a link: whoever edits one of the files must not edit both. */
  async #copy(from: string, to: string): Promise<Written> {
    const text = await this.#read(from)
    if (text === undefined) return { kind: 'disk-failed', detail: `${from} cannot be read` }
    return writeWhole(this.#path(to), text)
  }

  /** True when the file had to be written. */
  async #putThere(name: string, text: string): Promise<boolean> {
    if ((await this.#read(name)) === text) return false
    requireWritten(await writeWhole(this.#path(name), text), this.folder)
    return true
  }

  async #read(name: string): Promise<string | undefined> {
    return readFile(this.#path(name), 'utf8').catch(() => undefined)
  }

  #path(name: string): string {
    return join(this.folder, name)
  }
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.sync()
}

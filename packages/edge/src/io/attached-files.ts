import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { unseal } from '../core/nginx/envelope.ts'
import { KeyFiles } from './key-files.ts'
import { putUserFiles, sweepNamedFiles, unlessAbsent } from './user-files.ts'
import {
  type DiskTrouble,
  requireWritten,
  troubleOf,
  writeWhole,
  type Written,
  written,
} from './write-whole.ts'

const CANDIDATE = 'candidate'
const LAST_GOOD = 'last-good.conf'
const BEFORE_TRIAL = 'before-trial.conf'
const HEAD = '# Written by roadstead-edge; edits are lost.\n'
/** What a status takes for the name of a file. */
const NAME_LENGTH_MAX = 64

/**
 * The one file that an nginx of somebody else includes, and what stands beside it. The file in force
 * is replaced whole or not at all; what it was before can be had back after any crash.
 */
export class AttachedFiles {
  readonly keys: KeyFiles
  readonly #include: string
  readonly #beside: string
  readonly #own: string
  readonly #digest: Digest
  #group: number | undefined
  #staged = ''
  #before: string | undefined
  #isOnTrial = false
  #trials = 0

  private constructor(include: string, own: string, digest: Digest) {
    this.#include = include
    this.#beside = join(dirname(include), folderBeside(include))
    this.#own = own
    this.#digest = digest
    this.keys = new KeyFiles(this.#beside)
  }

  /**
   * Makes what is missing: the file is there, if empty, from now on, or the include of the operator
   * would fail. Whatever else is in it is somebody's, and is left alone.
   *
   * @param own folder of this edge, which nginx need not see.
   * @throws RoadsteadError `bad-config`, `disk-full` or `disk-failed`
   */
  static async in(include: string, own: string, digest: Digest): Promise<AttachedFiles> {
    const files = new AttachedFiles(include, own, digest)
    await files.#prepare()
    return files
  }

  /** Of the candidate, in the eyes of this process. */
  get candidate(): string {
    return join(this.#beside, CANDIDATE)
  }

  /** What is staged, as nginx gets it. */
  get staged(): string {
    return this.#staged
  }

  /** Generation of the file in force; undefined when it is empty, cut or edited. */
  async generation(): Promise<string | undefined> {
    const found = await find(this.#include)
    if (found.kind !== 'found' || found.text?.startsWith(HEAD) !== true) return undefined
    return unseal(found.text.slice(HEAD.length), this.#digest)
  }

  async stage(text: string, beside: ReadonlyMap<string, string> = new Map()): Promise<Written> {
    const put = await putUserFiles(this.#beside, beside, this.#group)
    if (put.kind !== 'written') return put
    this.#staged = HEAD + text
    return written(() => writeReadable(this.candidate, this.#staged))
  }

  /** The candidate becomes the file that nginx reads next. */
  async commit(): Promise<Written> {
    const ended = await this.#endTrial()
    if (ended.kind !== 'written') return ended
    const before = await find(this.#include)
    if (before.kind !== 'found') return before
    const outcome = await written(() => rename(this.candidate, this.#include))
    if (outcome.kind === 'written') this.#before = before.text
    return outcome
  }

  /** What cannot be read may name any file beside it, so nothing is swept away then. */
  async keepAsGood(): Promise<Written> {
    const path = join(this.#own, LAST_GOOD)
    const before = await find(path)
    if (before.kind !== 'found') return before
    const now = await find(this.#include)
    if (now.kind !== 'found') return now
    const kept = await writeWhole(path, now.text ?? '')
    await written(() => sweepNamedFiles(this.#beside, [before.text ?? '', now.text ?? '']))
    return kept
  }

  /** What nginx was last seen to answer by, else what was there before us. */
  async restoreGood(): Promise<Written> {
    const ended = await this.#endTrial()
    if (ended.kind !== 'written') return ended
    const good = await find(join(this.#own, LAST_GOOD))
    return good.kind === 'found' ? this.#put(good.text ?? this.#before ?? '') : good
  }

  /** Runs a test while the candidate stands in the place of the file in force. */
  onTrial<Result>(test: () => Promise<Result>): Promise<Result | DiskTrouble> {
    return this.#inPlace(() => this.#staged, test)
  }

  /** Runs a test while a comment stands before what is in force, which goes on to be served. */
  underComment<Result>(words: string, test: () => Promise<Result>): Promise<Result | DiskTrouble> {
    return this.#inPlace((before) => `${HEAD}# ${words}\n${before}`, test)
  }

  /** Undefined while a trial makes it differ from what we wrote, or has in the meantime. */
  async editedFiles(generation: string | undefined): Promise<readonly string[] | undefined> {
    if (generation === undefined) return []
    const trials = this.#trials
    const isOurs = !this.#isOnTrial && (await this.generation()) === generation
    if (this.#isOnTrial || this.#trials !== trials) return undefined
    return isOurs ? [] : [basename(this.#include).slice(0, NAME_LENGTH_MAX)]
  }

  /** The log is the operator's. */
  async trimLog(): Promise<void> {
    // Nothing of it is ours.
  }

  async readLive(): Promise<undefined> {
    return undefined
  }

  async keepLive(): Promise<Written> {
    return { kind: 'written' }
  }

  async #prepare(): Promise<void> {
    const made = await written(async () => {
      await mkdir(this.#own, { recursive: true, mode: 0o700 })
      await mkdir(this.#beside, { recursive: true })
      await chmod(this.#beside, 0o755)
    })
    requireWritten(made, this.#beside)
    // Whoever may read in the folder of the file may read what its workers have to.
    if (process.getuid?.() === 0) this.#group = (await stat(dirname(this.#include))).gid
    requireWritten(await this.#endTrial(), dirname(this.#include))
    const found = await find(this.#include)
    if (found.kind !== 'found') return requireWritten(found, dirname(this.#include))
    const there = found.text
    if (there === undefined) requireWritten(await this.#put(''), dirname(this.#include))
    else if (there.trim() !== '' && !there.startsWith(HEAD)) {
      throw new RoadsteadError('bad-config', {
        ROADSTEAD_ATTACH: `${this.#include} holds something else: name a new file, or empty it`,
      })
    }
  }

  get #journal(): string {
    return join(this.#own, BEFORE_TRIAL)
  }

  /**
   * What was there is noted first and put back afterwards. Where that fails, or this process dies
   * meanwhile, the note stays, and whatever is done to the file next begins with it.
   */
  async #inPlace<Result>(
    textFrom: (before: string) => string,
    test: () => Promise<Result>,
  ): Promise<Result | DiskTrouble> {
    const ended = await this.#endTrial()
    if (ended.kind !== 'written') return ended
    const before = await find(this.#include)
    if (before.kind !== 'found') return before
    const noted = await writeWhole(this.#journal, before.text ?? '')
    if (noted.kind !== 'written') return noted
    this.#isOnTrial = true
    this.#trials += 1
    let result: Result | DiskTrouble
    let back: Written
    try {
      const put = await this.#put(textFrom(before.text ?? ''))
      result = put.kind === 'written' ? await test() : put
    } finally {
      back = await this.#endTrial()
    }
    return back.kind === 'written' ? result : back
  }

  /** Puts back what was there before a trial, of this life or of one before, if there was one. */
  async #endTrial(): Promise<Written> {
    const before = await find(this.#journal)
    if (before.kind !== 'found') return before
    if (before.text !== undefined) {
      const back = await this.#put(before.text)
      if (back.kind !== 'written') return back
      const forgotten = await written(() => rm(this.#journal, { force: true }))
      if (forgotten.kind !== 'written') return forgotten
    }
    this.#isOnTrial = false
    return { kind: 'written' }
  }

  async #put(text: string): Promise<Written> {
    const temporary = join(this.#beside, 'next')
    const outcome = await written(async () => {
      await writeReadable(temporary, text)
      await rename(temporary, this.#include)
    })
    // Half a file on a full disk would take the room that the next attempt needs.
    if (outcome.kind !== 'written') await written(() => rm(temporary, { force: true }))
    return outcome
  }
}

/**
 * Everything but the include file is in here. Neither `*` nor `*.conf` in an include of the operator
 * finds a name that begins with a point. Each file has its own: what one edge sweeps away or stages
 * is never another one's.
 */
export function folderBeside(include: string): string {
  return `.roadstead-${basename(include)}`
}

/** Whoever the master process of that nginx is. There is no secret in it. */
async function writeReadable(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o644)
  await file.writeFile(text)
  await file.chmod(0o644)
  await file.sync()
}

type Found = { readonly kind: 'found'; readonly text: string | undefined } | DiskTrouble

/** Only what is not there is without a text: what cannot be read is never taken for empty. */
async function find(path: string): Promise<Found> {
  try {
    return { kind: 'found', text: await unlessAbsent(readFile(path, 'utf8')) }
  } catch (error) {
    return troubleOf(error)
  }
}

import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { unseal } from '../core/nginx/envelope.ts'
import { KeyFiles } from './key-files.ts'
import { putUserFiles, sweepNamedFiles } from './user-files.ts'
import { requireWritten, writeWhole, type Written, written } from './write-whole.ts'

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

  /** A text that serves nothing and says whose it is. */
  static comment(words: string): string {
    return `${HEAD}# ${words}\n`
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
    const text = await read(this.#include)
    if (text === undefined || !text.startsWith(HEAD)) return undefined
    return unseal(text.slice(HEAD.length), this.#digest)
  }

  async stage(text: string, beside: ReadonlyMap<string, string> = new Map()): Promise<Written> {
    const put = await putUserFiles(this.#beside, beside, this.#group)
    if (put.kind !== 'written') return put
    this.#staged = HEAD + text
    return written(() => writeReadable(this.candidate, this.#staged))
  }

  /** The candidate becomes the file that nginx reads next. */
  async commit(): Promise<Written> {
    const before = await read(this.#include)
    const outcome = await written(() => rename(this.candidate, this.#include))
    if (outcome.kind === 'written') this.#before = before
    return outcome
  }

  async keepAsGood(): Promise<Written> {
    const path = join(this.#own, LAST_GOOD)
    const before = await read(path)
    const now = (await read(this.#include)) ?? ''
    const kept = await writeWhole(path, now)
    await written(() => sweepNamedFiles(this.#beside, [before ?? '', now]))
    return kept
  }

  /** What nginx was last seen to answer by, else what was there before us. */
  async restoreGood(): Promise<Written> {
    const good = await read(join(this.#own, LAST_GOOD))
    return this.#put(good ?? this.#before ?? '')
  }

  /**
   * Runs a test while the candidate, or another text, stands in the place of the file in force, and
   * puts back what was there. If this process dies meanwhile, its next life puts it back.
   */
  async onTrial<Result>(
    test: () => Promise<Result>,
    text = this.#staged,
  ): Promise<Result | Written> {
    const before = (await read(this.#include)) ?? ''
    const journal = join(this.#own, BEFORE_TRIAL)
    const noted = await writeWhole(journal, before)
    if (noted.kind !== 'written') return noted
    try {
      const put = await this.#put(text)
      return put.kind === 'written' ? await test() : put
    } finally {
      const back = await this.#put(before)
      if (back.kind === 'written') await rm(journal, { force: true })
    }
  }

  async editedFiles(generation: string | undefined): Promise<readonly string[]> {
    if (generation === undefined || (await this.generation()) === generation) return []
    return [basename(this.#include).slice(0, NAME_LENGTH_MAX)]
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
    const interrupted = await read(join(this.#own, BEFORE_TRIAL))
    if (interrupted !== undefined) {
      requireWritten(await this.#put(interrupted), dirname(this.#include))
      await rm(join(this.#own, BEFORE_TRIAL), { force: true })
    }
    const there = await read(this.#include)
    if (there === undefined) requireWritten(await this.#put(''), dirname(this.#include))
    else if (there.trim() !== '' && !there.startsWith(HEAD)) {
      throw new RoadsteadError('bad-config', {
        ROADSTEAD_ATTACH: `${this.#include} holds something else: name a new file, or empty it`,
      })
    }
  }

  async #put(text: string): Promise<Written> {
    const temporary = join(this.#beside, 'next')
    return written(async () => {
      await writeReadable(temporary, text)
      await rename(temporary, this.#include)
    })
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

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

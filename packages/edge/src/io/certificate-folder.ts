import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CERTIFICATES_MAX } from '../core/tls/shelf.ts'
import type { PairText } from './read-pair.ts'

/** A chain of ten certificates with long names is shorter. */
const FILE_BYTES_MAX = 256 * 1024
/** Names of files end up in the status, and on terminals. */
const NAME = /^[A-Za-z0-9_*@+][A-Za-z0-9_.*@+-]{0,199}$/
const IN_FOLDER = { chain: 'fullchain.pem', key: 'privkey.pem' } as const

export type FolderPair =
  | ({ readonly kind: 'text' } & PairText)
  | { readonly kind: 'broken'; readonly why: string }

export type FolderLook =
  /** As at the look before. */
  | { readonly kind: 'same' }
  | { readonly kind: 'unreadable'; readonly why: string }
  /** By the name of the file with the chain. */
  | { readonly kind: 'looked'; readonly pairs: ReadonlyMap<string, FolderPair> }

interface Place {
  readonly name: string
  readonly chain: string
  readonly key: string
}

/**
 * A folder with certificates of this edge: `NAME.crt` beside `NAME.key`, or a folder `NAME` with
 * `fullchain.pem` and `privkey.pem`. Looked at again and again, since no notice of a change can be
 * relied on over links, mounts and networks.
 */
export class CertificateFolder {
  readonly #folder: string
  /** Undefined: nothing, and an empty folder is something. */
  #seen: string | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  async look(): Promise<FolderLook> {
    const places = await this.#places()
    if (typeof places === 'string') {
      this.#seen = undefined
      return { kind: 'unreadable', why: places }
    }
    const marks = await Promise.all(places.map((place) => this.#markOf(place)))
    const seen = marks.join('\n')
    if (seen === this.#seen) return { kind: 'same' }
    const pairs = new Map<string, FolderPair>()
    for (const place of places) pairs.set(place.name, await this.#read(place))
    this.#seen = seen
    return { kind: 'looked', pairs }
  }

  async #places(): Promise<readonly Place[] | string> {
    try {
      const entries = await readdir(this.#folder)
      const stems = entries.flatMap((entry) => /^(.+)\.(?:crt|key)$/.exec(entry)?.[1] ?? [])
      const beside = [...new Set(stems)].map((stem) => ({
        name: `${stem}.crt`,
        chain: `${stem}.crt`,
        key: `${stem}.key`,
      }))
      const folders = entries.filter((entry) => NAME.test(entry) && !/\.(?:crt|key)$/.test(entry))
      const inside = folders.map((entry) => ({
        name: `${entry}/${IN_FOLDER.chain}`,
        chain: `${entry}/${IN_FOLDER.chain}`,
        key: `${entry}/${IN_FOLDER.key}`,
      }))
      const there = await Promise.all(inside.map((place) => this.#isThere(place)))
      const all = [...beside, ...inside.filter((_, at) => there[at])]
      return all
        .filter(({ name }) => name.split('/').every((part) => NAME.test(part)))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, CERTIFICATES_MAX)
    } catch (error) {
      return `the folder cannot be read: ${codeOf(error)}`
    }
  }

  async #isThere({ chain, key }: Place): Promise<boolean> {
    const marks = await Promise.all([chain, key].map((path) => this.#mark(path)))
    return marks.some((mark) => mark !== '-')
  }

  async #markOf(place: Place): Promise<string> {
    return `${place.name} ${await this.#mark(place.chain)} ${await this.#mark(place.key)}`
  }

  /** Links are followed: they are how such files are replaced. */
  async #mark(path: string): Promise<string> {
    const found = await stat(join(this.#folder, path), { bigint: true }).catch(() => undefined)
    return found === undefined || !found.isFile()
      ? '-'
      : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`
  }

  async #read({ chain, key }: Place): Promise<FolderPair> {
    const texts = []
    for (const path of [chain, key]) {
      try {
        const { size } = await stat(join(this.#folder, path))
        if (size > FILE_BYTES_MAX) return { kind: 'broken', why: `${path} is too large` }
        texts.push(await readFile(join(this.#folder, path), 'latin1'))
      } catch (error) {
        return { kind: 'broken', why: `${path} cannot be read: ${codeOf(error)}` }
      }
    }
    const [chainText = '', keyText = ''] = texts
    return { kind: 'text', chain: chainText, key: keyText }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

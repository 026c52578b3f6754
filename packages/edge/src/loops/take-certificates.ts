import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeState } from '../core/edge-state.ts'
import type { PersistedCertificates } from '../core/persisted.ts'
import type { Certificate } from '../core/tls/certificate.ts'
import { learn, type Looked, type Place, placeId, type Shelf, shown } from '../core/tls/shelf.ts'
import type { Written } from './job.ts'

export interface Pair {
  readonly chain: string
  readonly key: string
}
export type Found = ({ readonly kind: 'text' } & Pair) | Broken
interface Broken {
  readonly kind: 'broken'
  readonly why: string
}
interface Candidate {
  readonly certificate: Certificate
  /** By the names under which nginx gets them. */
  readonly files: ReadonlyMap<string, string>
}
type Trial =
  | { readonly kind: 'tried'; readonly refused: ReadonlyMap<Candidate, string> }
  | { readonly kind: 'failed' | 'disk-full' | 'disk-failed'; readonly detail: string }

export interface TakeCertificatesDeps {
  readonly pairs: {
    read(
      pair: Pair,
      source: Pick<Place, 'name' | 'source'>,
    ): ({ readonly kind: 'read' } & Candidate) | Broken
    /** Whether nginx takes them. */
    try(candidates: readonly Candidate[]): Promise<Trial>
  }
  readonly files: { readonly keys: { hold(contents: ReadonlyMap<string, string>): void } }
  readonly disk: { writeCertificates(certificates: PersistedCertificates): Promise<Written> }
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

interface Wanted {
  readonly source: Pick<Place, 'name' | 'source'>
  readonly found: Found
  readonly mark: string
}

/**
 * What stands between texts that somebody wrote and certificates that nginx shows. A text is looked at
 * once. One that is broken, or that nginx does not take, leaves what was served before in its place.
 * Texts of keys are in here, in the files and on the disk, and in no message.
 */
export class CertificateKeeper {
  readonly #deps: TakeCertificatesDeps
  #shelf: Shelf = new Map()
  /** What is served, by the id of its place. */
  readonly #held = new Map<string, Pair & Candidate>()

  constructor(deps: TakeCertificatesDeps) {
    this.#deps = deps
  }

  get places(): readonly Place[] {
    return [...this.#shelf.values()]
  }

  /** Takes what is there now: in the folder, and of the masters. */
  async take(folder: ReadonlyMap<string, Found>): Promise<void> {
    const { state, clock } = this.#deps
    const wanted = this.#wanted(folder)
    const looked = await this.#lookAt(wanted.filter((it) => this.#isNew(it)))
    const ids = new Set(wanted.map(({ source }) => placeId(source)))
    this.#shelf = learn(this.#shelf, ids, looked)
    for (const id of this.#held.keys()) if (!ids.has(id)) this.#held.delete(id)
    const before = state.shownCertificates
    const now = shown(this.#shelf, clock.wallMs(), before)
    this.#say(looked)
    if (now === before) return
    this.#deps.files.keys.hold(new Map([...this.#held.values()].flatMap((it) => [...it.files])))
    state.shownCertificates = now
    state.wish()
    await this.#keep()
  }

  #wanted(folder: ReadonlyMap<string, Found>): readonly Wanted[] {
    const { state } = this.#deps
    const ofFolder = [...folder].map(([name, found]) =>
      this.#wantedOf({ name, source: 'folder' }, found),
    )
    const ofMasters = [...state.certificates].map(([name, pair]) =>
      this.#wantedOf({ name, source: 'object' }, { kind: 'text', ...pair }),
    )
    return [...ofFolder, ...ofMasters]
  }

  #wantedOf(source: Wanted['source'], found: Found): Wanted {
    const { digest } = this.#deps
    const mark = found.kind === 'text' ? digest(`${found.chain}\n${found.key}`) : found.why
    return { source, found, mark }
  }

  #isNew({ source, mark }: Wanted): boolean {
    return this.#shelf.get(placeId(source))?.mark !== mark
  }

  async #lookAt(wanted: readonly Wanted[]): Promise<readonly Looked[]> {
    if (wanted.length === 0) return []
    const broken: Looked[] = []
    const candidates = new Map<Candidate, Wanted & { readonly pair: Pair }>()
    for (const one of wanted) {
      const { source, found, mark } = one
      const read = found.kind === 'text' ? this.#deps.pairs.read(found, source) : found
      if (read.kind === 'broken') broken.push({ ...source, mark, kind: 'broken', why: read.why })
      else if (found.kind === 'text') candidates.set(read, { ...one, pair: found })
    }
    const trial = await this.#deps.pairs.try([...candidates.keys()])
    if (trial.kind !== 'tried') {
      // Looked at again next time: it was not the certificates that failed.
      this.#deps.log.error({ why: trial.detail }, 'certificates could not be tried')
      return broken
    }
    const tried = [...candidates].map(([candidate, { source, mark, pair }]): Looked => {
      const why = trial.refused.get(candidate)
      if (why !== undefined) return { ...source, mark, kind: 'broken', why }
      const { certificate, files } = candidate
      const { chain, key } = pair
      this.#held.set(placeId(source), { chain, key, certificate, files })
      return { ...source, mark, kind: 'good', certificate }
    })
    return [...broken, ...tried]
  }

  #say(looked: readonly Looked[]): void {
    const { log } = this.#deps
    for (const it of looked) {
      const { name, source } = it
      if (it.kind === 'broken') log.warn({ name, source, why: it.why }, 'certificate is not taken')
      else log.info({ name, source, names: it.certificate.names }, 'certificate is taken')
    }
  }

  /** Those of the masters are kept by whoever brings them. */
  async #keep(): Promise<void> {
    const { disk, log } = this.#deps
    const ofFolder = [...this.#held.values()].filter(
      ({ certificate }) => certificate.source === 'folder',
    )
    const pairs = ofFolder.map(({ certificate: { name }, chain, key }) => ({ name, chain, key }))
    const kept = await disk.writeCertificates({ v: 1, pairs })
    if (kept.kind !== 'written') log.error({ ...kept }, 'certificates are not on the disk')
  }
}

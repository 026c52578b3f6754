import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Certificate } from '../core/tls/certificate.ts'
import { certificateProbe, whyRefused } from '../core/tls/probe.ts'
import { type NginxBinary, run } from './nginx-binary.ts'
import type { PairFiles } from './read-pair.ts'
import { type DiskTrouble, written } from './write-whole.ts'

/** A thousand of them take it half a second. */
const TRY_MS = 20_000
const PROBE = 'probe.conf'

export interface Candidate {
  readonly certificate: Certificate
  readonly files: PairFiles
}

export type Tried =
  /** What is not in `refused`, by the candidate, is taken. */
  | { readonly kind: 'tried'; readonly refused: ReadonlyMap<Candidate, string> }
  | { readonly kind: 'failed'; readonly detail: string }
  | DiskTrouble

/**
 * Lets nginx itself load certificates before any text names them: what its library takes depends on
 * its version and on the settings of the system, and one that it does not take would spoil every text.
 *
 * @param folder of nginx; what is tried is gone from it afterwards.
 */
export async function tryCertificates(
  binary: NginxBinary,
  folder: string,
  candidates: readonly Candidate[],
): Promise<Tried> {
  const place = join(folder, 'trial')
  await using _gone = {
    [Symbol.asyncDispose]: async () => void (await written(() => rm(place, FORCED))),
  }
  const put = await written(async () => {
    await rm(place, FORCED)
    await mkdir(join(place, 'temp'), { recursive: true, mode: 0o700 })
    for (const { files } of candidates) {
      for (const [name, text] of files) await writeFile(join(place, name), text, { mode: 0o600 })
    }
  })
  if (put.kind !== 'written') return put
  const refused = new Map<Candidate, string>()
  for (;;) {
    const left = candidates.filter((it) => !refused.has(it))
    if (left.length === 0) return { kind: 'tried', refused }
    const text = certificateProbe(
      left.map(({ certificate }) => certificate),
      binary.features,
    )
    const wrote = await written(() => writeFile(join(place, PROBE), text, { mode: 0o600 }))
    if (wrote.kind !== 'written') return wrote
    const { ended, output } = await run(binary.path, ARGS(place), place, TRY_MS)
    switch (ended) {
      case 'well':
        return { kind: 'tried', refused }
      case 'too-late':
      case 'cut-short':
        return { kind: 'failed', detail: 'nginx did not try the certificates to the end' }
      case 'badly': {
        const named = left.filter(({ files }) =>
          [...files.keys()].some((it) => output.includes(it)),
        )
        // Nobody is named: then it is not known which of them it is, and none is believed.
        for (const it of named.length > 0 ? named : left) refused.set(it, whyRefused(output))
        break
      }
      default:
        return unreachable(ended)
    }
  }
}

const FORCED = { recursive: true, force: true } as const
const ARGS = (place: string) => ['-t', '-q', '-p', `${place}/`, '-c', PROBE]

import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { z } from 'zod'
import type { EpochFile } from '../loops/hold-lease.ts'

const Epoch = z.object({ v: z.literal(1), epoch: z.int().nonnegative() })

/** The highest epoch of this master in a file of its own, synced: it must survive a power failure. */
export function epochFile(directory: string): EpochFile {
  const path = join(directory, 'epoch.json')
  return { read: () => readEpoch(path), write: (epoch) => writeEpoch(path, epoch) }
}

/** A file that is missing or broken is no floor; the bus and the edges have theirs. */
async function readEpoch(path: string): Promise<number> {
  try {
    return Epoch.parse(JSON.parse(await readFile(path, 'utf8'))).epoch
  } catch {
    return 0
  }
}

async function writeEpoch(path: string, epoch: number): Promise<void> {
  const temporary = `${path}.new`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await using file = await open(temporary, 'w', 0o600)
    await file.writeFile(`${JSON.stringify({ v: 1, epoch })}\n`)
    await file.sync()
    await rename(temporary, path)
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
  } catch (error) {
    throw new RoadsteadError('disk-failed', { path }, { cause: error })
  }
}

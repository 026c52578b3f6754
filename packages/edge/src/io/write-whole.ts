import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** Writing ends in one of these; the old content is untouched in the last two. */
export type Written = { readonly kind: 'written' } | DiskTrouble
export interface DiskTrouble {
  readonly kind: 'disk-full' | 'disk-failed'
  readonly detail: string
}

/**
 * Replaces a file so that a reader, and a machine that loses power, sees the old content or the new
 * one whole: temporary file, sync, rename, sync of the folder.
 */
export async function writeWhole(path: string, text: string | Iterable<string>): Promise<Written> {
  const temporary = `${path}.new`
  const outcome = await written(async () => {
    await writeSynced(temporary, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  })
  // Half a file on a full disk would take the room that the next attempt needs.
  if (outcome.kind !== 'written') await written(() => rm(temporary, { force: true }))
  return outcome
}

/** Turns the errors of a disk, which are to be expected, into values. */
export async function written(write: () => Promise<unknown>): Promise<Written> {
  try {
    await write()
    return { kind: 'written' }
  } catch (error) {
    return troubleOf(error)
  }
}

export function troubleOf(error: unknown): DiskTrouble {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return { kind: isFull ? 'disk-full' : 'disk-failed', detail: code }
}

/** @throws RoadsteadError `disk-full` or `disk-failed` where an edge cannot begin without the write. */
export function requireWritten(outcome: Written, directory: string): void {
  if (outcome.kind === 'written') return
  throw new RoadsteadError(outcome.kind, { directory, detail: outcome.detail })
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function writeSynced(path: string, text: string | Iterable<string>): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  for (const part of typeof text === 'string' ? [text] : text) await file.writeFile(part)
  await file.sync()
}

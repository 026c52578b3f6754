import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writing ends in one of these; the old content is untouched in the last two. */
export type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'disk-full'; readonly detail: string }
  | { readonly kind: 'disk-failed'; readonly detail: string }

/**
 * Replaces a file so that a reader, and a machine that loses power, sees the old content or the new
 * one whole: temporary file, sync, rename, sync of the folder.
 */
export async function writeWhole(path: string, text: string): Promise<Written> {
  return written(async () => {
    const temporary = `${path}.new`
    await writeSynced(temporary, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  })
}

/** Turns the errors of a disk, which are to be expected, into values. */
export async function written(write: () => Promise<void>): Promise<Written> {
  try {
    await write()
    return { kind: 'written' }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    return { kind: isFull ? 'disk-full' : 'disk-failed', detail: code }
  }
}

export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
}

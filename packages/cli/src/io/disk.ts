import fs from 'node:fs'
import path from 'node:path'

/** Bytes that an ordinary process may still write there; of the nearest folder that exists. */
export function freeBytes(dir: string): number {
  let at = path.resolve(dir)
  while (!fs.existsSync(at)) at = path.dirname(at)
  const { bavail, bsize } = fs.statfsSync(at)
  return bavail * bsize
}

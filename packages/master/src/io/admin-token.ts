import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { newSecret } from './secrets.ts'

/** The first admin's token when none was configured: made once, kept in the state directory. */
export function ownAdminToken(directory: string): string {
  const path = join(directory, 'admin.token')
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // Not there yet, or not readable; the write tells which.
  }
  const token = newSecret()
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new RoadsteadError('disk-failed', { path }, { cause: error })
  }
  return token
}

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/** A secret of 256 bits in letters that survive a shell and a copy by hand. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** 40 random bits: unlike any other id of a site, and short enough to type. */
export function newShortId(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`
}

/** The secret in this file, made at the first call; nobody but its owner can read it. */
export function ensureSecretFile(file: string): string {
  const there = readSecretFile(file)
  if (there !== undefined) return there
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const secret = newSecret()
  const temporary = `${file}.${process.pid}`
  fs.writeFileSync(temporary, `${secret}\n`, { mode: 0o600 })
  fs.renameSync(temporary, file)
  return secret
}

export function readSecretFile(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

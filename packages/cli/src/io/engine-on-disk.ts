import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { IDENTITY_FILE } from '@roadstead/bus/identity.ts'
import type { NamedEngine } from '@roadstead/shared/protocol/engines-file.ts'
import type { EngineOnDisk } from '../core/diagnose-engines.ts'

/**
 * Looks at what an entry of an engines file needs on this machine.
 *
 * @param folder in which the file lies: paths in it are taken from there.
 * @param stateDirs where the folder of its name may be.
 */
export function engineOnDisk(
  name: string,
  { tls, ssh }: NamedEngine,
  folder: string,
  stateDirs: readonly string[],
): EngineOnDisk {
  const certificates = typeof tls === 'string' ? path.resolve(folder, tls) : undefined
  const names = certificates === undefined ? [] : ['ca.pem', 'cert.pem', 'key.pem']
  const files = [
    ...names.map((file) => path.join(certificates ?? '', file)),
    ...(ssh === undefined ? [] : [path.resolve(folder, ssh)]),
  ]
  const ends = certificates && endOf(path.join(certificates, 'cert.pem'))
  return {
    joined: stateDirs.some((dir) => fs.existsSync(path.join(dir, name, IDENTITY_FILE))),
    unreadable: files.filter((file) => read(file) === undefined),
    ...(typeof ends === 'number' && { expiresAtMs: ends }),
  }
}

function endOf(file: string): number | undefined {
  const text = read(file)
  try {
    return text === undefined ? undefined : Date.parse(new X509Certificate(text).validTo)
  } catch {
    // No certificate: the agent says so when it tries to use it.
    return undefined
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

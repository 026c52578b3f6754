import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { PolicyDigest, POLICY_CHARACTERS_MAX } from '@roadstead/shared/protocol/policy.ts'
import { z } from 'zod'
import type { PolicyFile } from '../loops/import-policy.ts'

const Taken = z.object({ v: z.literal(1), digest: PolicyDigest })

/** Every character in UTF-8, and one byte more: a longer file is told apart and not read. */
const BYTES_MAX = 4 * POLICY_CHARACTERS_MAX + 1

/** The text of a policy as an operator keeps it, and in the state directory which text was taken. */
export function policyFile(path: string, directory: string): PolicyFile {
  const takenPath = join(directory, 'policy-file.json')
  return {
    path,
    read: () => readText(path),
    taken: async () => {
      try {
        return Taken.parse(JSON.parse(await readFile(takenPath, 'utf8'))).digest
      } catch {
        return undefined
      }
    },
    take: (digest) => writeTaken(takenPath, digest),
  }
}

/** As much as a policy may have, and a little more, so that whoever reads it finds it too long. */
async function readText(path: string): Promise<string> {
  await using file = await open(path, 'r')
  const { bytesRead, buffer } = await file.read(Buffer.alloc(BYTES_MAX), 0, BYTES_MAX, 0)
  return buffer.subarray(0, bytesRead).toString('utf8')
}

async function writeTaken(path: string, digest: string): Promise<void> {
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, 'w', 0o600)
    await file.writeFile(`${JSON.stringify({ v: 1, digest })}\n`)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    throw new RoadsteadError('disk-failed', { path }, { cause: error })
  }
}

import fs from 'node:fs'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** The text of a file that a person names; `-` is what comes in on standard input. */
export function readTextFile(file: string): string {
  try {
    return fs.readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new RoadsteadError('disk-failed', { file }, { cause: error })
  }
}

import fs from 'node:fs'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type EnginesFile, readEnginesFile } from '@roadstead/shared/protocol/engines-file.ts'

/**
 * The engines that one agent is to watch, by name; none when there is no file.
 *
 * @throws RoadsteadError `bad-config` with everything that is wrong in the file.
 */
export function enginesIn(file: string | undefined): EnginesFile['engines'] {
  if (file === undefined) return {}
  const read = readEnginesFile(textOf(file))
  if (read.kind === 'engines') return read.engines
  throw new RoadsteadError('bad-config', {
    ROADSTEAD_ENGINES: `${file} ${read.problems.join('; ')}`,
  })
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (cause) {
    const facts = { ROADSTEAD_ENGINES: `${file} cannot be read` }
    throw new RoadsteadError('bad-config', facts, { cause })
  }
}

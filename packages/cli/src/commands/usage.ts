import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** A flag or argument that cannot be meant. */
export function wrongUsage(flag: string, why: string): RoadsteadError {
  return new RoadsteadError('bad-input', { [flag]: why })
}

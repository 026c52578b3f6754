import { z } from 'zod'
import { RoadsteadError, type ErrorFacts } from '@roadstead/shared/kernel/roadstead-error.ts'

/** Says in our own words why a call to the engine failed. */
export function engineError(error: unknown, facts: ErrorFacts): RoadsteadError {
  const status = statusCode(error)
  if (status !== undefined) {
    return new RoadsteadError('engine-answer', { ...facts, status }, { cause: error })
  }
  const code = errorCode(error)
  if (code === 'EACCES' || code === 'EPERM') {
    return new RoadsteadError('engine-forbidden', facts, { cause: error })
  }
  const why = code ?? (error instanceof Error ? error.name : 'unknown')
  return new RoadsteadError('engine-unreachable', { ...facts, why }, { cause: error })
}

/** The engine itself says that there is no such thing: an answer, not a failure. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RoadsteadError && error.facts['status'] === 404
}

/** What the engine itself said against a request; undefined when it did not answer at all. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof RoadsteadError) || error.facts['status'] === undefined) return undefined
  const said = EngineAnswer.safeParse(error.cause).data
  return said?.json.message ?? `the engine answered ${String(error.facts['status'])}`
}

const EngineAnswer = z.object({ json: z.object({ message: z.string().min(1) }) })

function statusCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

import { z } from 'zod'
import { RoadsteadError, type ErrorFacts } from '@roadstead/shared/kernel/roadstead-error.ts'
import { certificateTrouble } from '../core/certificate.ts'

/**
 * Says in our own words why a call to the engine failed.
 *
 * @param trouble of the way to it, when that is what is broken.
 */
export function engineError(
  error: unknown,
  facts: ErrorFacts,
  trouble: string | undefined,
): RoadsteadError {
  if (error instanceof RoadsteadError) return error
  const cause = { cause: error }
  const status = statusCode(error)
  if (status !== undefined) return new RoadsteadError('engine-answer', { ...facts, status }, cause)
  const code = errorCode(error)
  const why = certificateTrouble(code ?? '')
  if (why !== undefined) return new RoadsteadError('engine-certificate', { ...facts, why }, cause)
  if (trouble !== undefined) {
    return new RoadsteadError('engine-ssh', { ...facts, why: trouble }, cause)
  }
  const file = fileOf(error)
  if (file !== undefined) {
    const unread = `${file} cannot be read: ${code}`
    return new RoadsteadError('engine-certificate', { ...facts, why: unread }, cause)
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new RoadsteadError('engine-forbidden', facts, cause)
  }
  const unknown = error instanceof Error ? error.name : 'unknown'
  return new RoadsteadError('engine-unreachable', { ...facts, why: code ?? unknown }, cause)
}

/** The file of a certificate that could not be opened; connecting to a socket is another call. */
function fileOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('path' in error) || !('syscall' in error)) return undefined
  return error.syscall === 'open' && typeof error.path === 'string' ? error.path : undefined
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

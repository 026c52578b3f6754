import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Problem } from '@roadstead/shared/protocol/http.ts'

/** What Fastify and its plugins put on the errors they throw. */
interface HttpError {
  readonly statusCode?: unknown
  readonly message?: unknown
  readonly validation?: unknown
}

/**
 * Any error as the body of RFC 9457. Only errors of our own table and refusals by Fastify say what
 * happened; whatever else broke stays in the log, under the id that `instance` names, because foreign
 * messages carry paths and other people's words.
 */
export function toProblem(error: unknown, requestId: string): Problem {
  if (error instanceof RoadsteadError) {
    return problem(error.code, error.message, requestId, errorTable[error.code].http)
  }
  const status = clientStatus(error)
  if (status === 404) return problem('not-found', 'There is nothing here.', requestId, 404)
  if (status === 429) {
    return problem('too-many-requests', errorTable['too-many-requests'].summary, requestId, 429)
  }
  if (status !== undefined) return problem('bad-input', textOf(error), requestId, status)
  return problem('internal', errorTable.internal.summary, requestId, 500)
}

function problem(
  code: keyof typeof errorTable,
  detail: string,
  requestId: string,
  status: number,
): Problem {
  return {
    type: `/docs#error-${code}`,
    title: errorTable[code].summary,
    status,
    code,
    detail,
    hint: errorTable[code].remedy,
    instance: `urn:roadstead:request:${requestId}`,
  }
}

function clientStatus(error: unknown): number | undefined {
  if (!isHttpError(error)) return undefined
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? statusCode
    : undefined
}

function textOf(error: unknown): string {
  return isHttpError(error) && typeof error.message === 'string'
    ? error.message.slice(0, DETAIL_LENGTH_MAX)
    : errorTable['bad-input'].summary
}

function isHttpError(error: unknown): error is HttpError {
  return typeof error === 'object' && error !== null
}

/** A body with a thousand wrong fields needs no list of all of them. */
const DETAIL_LENGTH_MAX = 1_024

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { toProblem } from './problem.ts'
import type { ApiServer } from './server.ts'

export interface ProblemDeps {
  readonly log: Log
  /** Where the leader answers, when this master is not it. */
  readonly leaderUrl: () => string | undefined
}

/** Every failure leaves as a problem, and every answer names the leader when that is another. */
export function addProblemReplies(app: ApiServer, { log, leaderUrl }: ProblemDeps): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new RoadsteadError('not-found', { path: pathOf(request) }), request, reply, log),
  )
  app.addHook('onSend', async (_request, reply, payload) => {
    const url = leaderUrl()
    if (url !== undefined) reply.header('roadstead-leader', url)
    return payload
  })
}

function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const body = toProblem(error, request.id)
  request.problem = body.code
  if (body.code === 'internal') {
    log.error(
      { requestId: request.id, route: request.routeOptions.url, err: error },
      'request failed',
    )
  }
  return reply.code(body.status).type('application/problem+json').send(body)
}

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?')[0] ?? '').slice(0, 256)
}

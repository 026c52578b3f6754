import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Caller } from './sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard; undefined on routes that are open to everybody. */
    caller: Caller | undefined
    /** Code of the error that is answered. */
    problem: string | undefined
  }
}

/** The server that every resource registers its routes on, with types from the zod schemas. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

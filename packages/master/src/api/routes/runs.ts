import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import {
  DrainRequest,
  listOf,
  RestartRequest,
  RolloutRequest,
  RunView,
} from '@roadstead/shared/protocol/http.ts'
import type { RunRequest } from '../../core/runs/begin-run.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export interface RunsDeps {
  readonly read: Pick<ReadModel, 'runs'>
  readonly office: RunStarter
}

export interface RunStarter {
  /** @throws RoadsteadError `not-leader`, or what is wrong with the request */
  begin(request: RunRequest, by: string): Promise<RunView>
}

/** What people do to containers. Each answer is a run that has only just begun; `runs` shows the rest. */
export function addRuns(app: ApiServer, { office, read }: RunsDeps): void {
  const list = { schema: { querystring: PageQuery, response: { 200: listOf(RunView) } } }
  app.get('/api/v1/runs', list, ({ query }) => pageOf(read.runs(), query))

  const params = z.object({ id: z.string().min(1).max(16) })
  const one = { schema: { params, response: { 200: RunView } } }
  app.get('/api/v1/runs/:id', one, ({ params: { id } }) => runOf(id, read.runs()))

  const drain = { schema: { body: DrainRequest, response: { 202: RunView } } }
  for (const verb of ['drain', 'undrain'] as const) {
    app.post(`/api/v1/${verb}`, drain, async ({ body, caller }, reply) => {
      const run = await office.begin({ verb, ...body }, caller?.name ?? '')
      return reply.code(202).send(run)
    })
  }

  const restart = { schema: { body: RestartRequest, response: { 202: RunView } } }
  app.post('/api/v1/restart', restart, async ({ body, caller }, reply) => {
    const run = await office.begin({ verb: 'restart', ...body }, caller?.name ?? '')
    return reply.code(202).send(run)
  })

  const rollout = { schema: { body: RolloutRequest, response: { 202: RunView } } }
  app.post('/api/v1/rollout', rollout, async ({ body, caller }, reply) => {
    const run = await office.begin({ verb: 'rollout', ...body }, caller?.name ?? '')
    return reply.code(202).send(run)
  })
}

function runOf(id: string, runs: readonly RunView[]): RunView {
  const [only, ...others] = runs.filter((run) => run.id.startsWith(id))
  if (only === undefined) throw new RoadsteadError('not-found', { run: id })
  if (others.length === 0) return only
  throw new RoadsteadError('ambiguous-name', { runs: [only, ...others].map((run) => run.id) })
}

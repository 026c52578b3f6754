import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Explanation } from '@roadstead/shared/protocol/http.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'
import { type HistorySource, Moment } from './events.ts'

export interface ExplainDeps {
  readonly read: Pick<ReadModel, 'explain'>
  readonly history: Pick<HistorySource, 'explainAt'>
}

const Subject = z.string().min(1).max(2_048)
const At = Moment.optional()
/** `what` says the same as `subject`. */
const Query = z.union([z.object({ subject: Subject, at: At }), z.object({ what: Subject, at: At })])

/** Why a container, a domain or a URL is routed, or is not (I11), now or at a time in the past. */
export function addExplain(app: ApiServer, { history, read }: ExplainDeps): void {
  const schema = { querystring: Query, response: { 200: Explanation } }
  app.get('/api/v1/explain', { schema }, async ({ query }) => {
    const { at } = query
    const subject = 'subject' in query ? query.subject : query.what
    const explanation =
      at === undefined ? read.explain(subject) : await history.explainAt(subject, at)
    if (explanation === undefined) throw new RoadsteadError('not-found', { subject })
    return explanation
  })
}

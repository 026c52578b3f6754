import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Explanation } from '@roadstead/shared/protocol/http.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

const Subject = z.string().min(1).max(2_048)
/** `what` says the same as `subject`. */
const Query = z.union([z.object({ subject: Subject }), z.object({ what: Subject })])

/** Why a container, a domain or a URL is routed, or is not (I11). */
export function addExplain(app: ApiServer, read: Pick<ReadModel, 'explain'>): void {
  const schema = { querystring: Query, response: { 200: Explanation } }
  app.get('/api/v1/explain', { schema }, ({ query }) => {
    const subject = 'subject' in query ? query.subject : query.what
    const explanation = read.explain(subject)
    if (explanation === undefined) throw new RoadsteadError('not-found', { subject })
    return explanation
  })
}

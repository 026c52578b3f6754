import { listOf } from '@roadstead/shared/protocol/http.ts'
import { Reject, type RejectRing } from '../reject-ring.ts'
import type { ApiServer } from '../server.ts'

/** The last messages that were not understood, for whoever looks for the cause. */
export function addRejects(app: ApiServer, rejects: RejectRing): void {
  app.get('/api/v1/rejects', { schema: { response: { 200: listOf(Reject) } } }, () => ({
    items: [...rejects.last()],
    total: rejects.total,
  }))
}

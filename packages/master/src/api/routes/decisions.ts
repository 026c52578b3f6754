import { z } from 'zod'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

const DecisionView = z.object({ key: z.string() }).catchall(z.unknown())
type DecisionView = z.infer<typeof DecisionView>

/** What the leader concluded; without hashes of tokens and what is sealed, which are nobody's business. */
export function addDecisions(app: ApiServer, read: Pick<ReadModel, 'decisions'>): void {
  const schema = { response: { 200: listOf(DecisionView) } }
  app.get('/api/v1/decisions', { schema }, () => {
    const sorted = [...read.decisions()].sort(([a], [b]) => (a < b ? -1 : 1))
    const items = sorted.map(([key, decision]) => viewOf(key, decision))
    return { items, total: items.length }
  })
}

function viewOf(key: string, decision: Decision): DecisionView {
  if (decision.kind === 'object') {
    const { sealed: _sealed, ...shown } = decision
    return { key, ...shown }
  }
  if (decision.kind !== 'join-token' && decision.kind !== 'api-token') return { key, ...decision }
  const { hash: _hidden, ...shown } = decision
  return { key, ...shown }
}

import { GraphView } from '@roadstead/shared/protocol/http.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export function addGraph(app: ApiServer, read: Pick<ReadModel, 'graph'>): void {
  app.get('/api/v1/graph', { schema: { response: { 200: GraphView } } }, () => read.graph())
}

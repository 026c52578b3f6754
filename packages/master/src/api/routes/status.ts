import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { LeaderView, StatusView } from '@roadstead/shared/protocol/http.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export function addStatus(app: ApiServer, read: Pick<ReadModel, 'status' | 'leader'>): void {
  app.get('/api/v1/status', { schema: { response: { 200: StatusView } } }, () => read.status())
  app.get('/api/v1/leader', { schema: { response: { 200: LeaderView } } }, () => {
    const leader = read.leader()
    if (leader === undefined) throw new RoadsteadError('not-found', { leader: 'nobody leads now' })
    return leader
  })
}

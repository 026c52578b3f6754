import { z } from 'zod'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { DecisionWriter } from '../decision-writer.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export interface ConfirmDeps {
  readonly read: Pick<ReadModel, 'decisions'>
  readonly writer: DecisionWriter
  /** The tables that follow may take away what the edges would hold back. */
  readonly onConfirmed: () => void
  readonly log: Log
}

const FREEZE_KEY = 'd.freeze.site'
const Confirmed = z.object({ hosts: z.array(z.string()) })

/** A person says that the hosts are really lost: what the freeze held back may go on. */
export function addConfirm(app: ApiServer, deps: ConfirmDeps): void {
  const { read, writer, onConfirmed, log } = deps
  const schema = { response: { 200: Confirmed } }
  app.post('/api/v1/confirm', { schema }, async ({ caller }) => {
    const freeze = read.decisions().get(FREEZE_KEY)
    if (freeze?.kind !== 'freeze') {
      throw new RoadsteadError('not-found', { freeze: 'nothing waits to be confirmed' })
    }
    const by = caller?.name ?? ''
    onConfirmed()
    await writer.write([{ key: FREEZE_KEY, decision: { ...freeze, confirmedBy: by } }])
    log.info({ by, hosts: freeze.hosts.length }, 'loss of hosts confirmed')
    return { hosts: [...freeze.hosts] }
  })
}

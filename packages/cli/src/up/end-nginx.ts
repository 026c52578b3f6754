import path from 'node:path'
import { processesIn } from '../io/process-table.ts'
import type { Shell } from '../shell.ts'
import { endStrays } from './end-group.ts'
import { layout } from './layout.ts'

/** Ends the nginx of this state directory that has lost its edge, because that had to be killed. */
export async function endNginx(shell: Shell): Promise<void> {
  const folder = path.join(layout(shell.config.stateDir).edge, 'nginx')
  const ended = await endStrays(shell, () => processesIn(folder, 'nginx'))
  if (ended > 0) shell.output.note(`ended ${ended} nginx processes that had lost their edge\n`)
}

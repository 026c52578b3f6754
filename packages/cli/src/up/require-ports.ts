import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { listenerOn } from '../io/process-table.ts'
import { isPortFree } from '../io/tcp-port.ts'

export interface WantedPort {
  readonly address: string
  readonly port: number
  /** What to set to choose another. */
  readonly variable: string
  readonly what: string
}

/**
 * All ports are tried before anything is started, so that nothing has to be taken back.
 *
 * @throws RoadsteadError `port-busy` for the first that is taken.
 */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { address, port, variable, what } of wanted) {
    if (await isPortFree(address, port)) continue
    const holder = listenerOn(port) ?? 'a process that this user may not see'
    throw new RoadsteadError('port-busy', { port, for: what, heldBy: holder, variable })
  }
}

import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { listenerOn } from '../io/process-table.ts'
import { probePort } from '../io/tcp-port.ts'

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
 * @throws RoadsteadError `port-busy` for the first that is taken, `bad-config` for an address that no
 *   part of this machine has.
 */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { address, port, variable, what } of wanted) {
    const state = await probePort(address, port)
    if (state === 'free') continue
    if (state === 'no-address') {
      throw new RoadsteadError('bad-config', {
        ROADSTEAD_BIND: `${address} is no address of this machine; \`ip address\` lists those it has`,
      })
    }
    const holder = listenerOn(port) ?? 'a process that this user may not see'
    throw new RoadsteadError('port-busy', { port, for: what, heldBy: holder, variable })
  }
}

import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import type { DecisionWord } from './decided.ts'
import { causeText } from './observed.ts'

/**
 * What has been heard since somebody last asked, by container, and the last of all else. A verdict that
 * is another one then has its cause here: what was said of the container itself, or else what was said
 * of something that it shares a route or a host with. It is the likely one, for people; nothing is
 * decided from it.
 */
export class Causes {
  #byContainer = new Map<ContainerId, string>()
  #other = ''

  observed(observation: Observation, hostName: string): void {
    switch (observation.kind) {
      case 'container-seen': {
        const { cause, container } = observation
        return this.#note(container.id, `${hostName}/${container.name}`, causeText(cause))
      }
      case 'container-gone': {
        const { cause, containerId, name } = observation
        return this.#note(containerId, `${hostName}/${name}`, causeText(cause))
      }
      case 'host-seen':
        this.#other = `${causeText(observation.cause)}, of host ${hostName}`
        return
      case 'news':
        // It says what an engine said; what it means is in the look that follows.
        return
      default:
        unreachable(observation)
    }
  }

  snapshot(hostName: string): void {
    this.#other = `snapshot of ${hostName}`
  }

  decided({ decision, key }: DecisionWord): void {
    const what = decision === undefined ? 'taken back' : 'written'
    const text = `decision ${what}: ${key.slice('d.'.length)}`
    const isOfOne = decision?.kind === 'drain' || decision?.kind === 'flapping'
    if (isOfOne && decision.container !== undefined) this.#note(decision.container, '', text)
    this.#other = text
  }

  /** Everything since the last call. */
  take(): (container: ContainerId) => string {
    const byContainer = this.#byContainer
    const other = this.#other
    this.#byContainer = new Map()
    this.#other = ''
    return (container) => byContainer.get(container) ?? other
  }

  #note(container: ContainerId, path: string, cause: string): void {
    if (this.#byContainer.size < CONTAINERS_MAX) this.#byContainer.set(container, cause)
    this.#other = `${cause}, of ${path}`
  }
}

/** More than change between two looks, but for a fleet that has just been found. */
const CONTAINERS_MAX = 4_096

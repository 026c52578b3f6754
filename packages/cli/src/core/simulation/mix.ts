import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { FleetContainer } from './fleet.ts'

/** What can happen to a container. `crash`: its program ends by itself. */
export const DEEDS = ['start', 'stop', 'restart', 'crash', 'sicken', 'heal'] as const
export type Deed = (typeof DEEDS)[number]

export interface Action {
  readonly deed: Deed
  readonly container: FleetContainer
}

export type Condition = 'serving' | 'ended' | 'unwell'

/** How often each happens beside the others, where it can: most of what a fleet sees is deploys. */
const WEIGHTS: Readonly<Record<Deed, number>> = {
  restart: 50,
  stop: 12,
  start: 16,
  crash: 4,
  sicken: 9,
  heal: 9,
}
const AFTER: Readonly<Record<Deed, Condition>> = {
  start: 'serving',
  stop: 'ended',
  restart: 'serving',
  crash: 'ended',
  sicken: 'unwell',
  heal: 'serving',
}
const WANTED: Readonly<Record<Deed, Condition>> = {
  start: 'ended',
  stop: 'serving',
  restart: 'serving',
  crash: 'serving',
  sicken: 'serving',
  heal: 'unwell',
}
/** So much of the fleet is ended, and so much is unwell, at most. */
const AWAY_SHARE = 0.05
/** Whoever was touched is left alone until so many others were, so that a change can be watched. */
const REST_ACTIONS = 200
/** Throws of the dice for somebody who is fit; a fleet of few may have nobody. */
const TRIES = 40

/**
 * What happens next to whom, for ever. It knows nothing of time, so that a seed repeats the very same
 * sequence, however fast the machine is.
 */
export class Mix {
  readonly #containers: readonly FleetContainer[]
  readonly #random: Random
  readonly #condition = new Map<string, Condition>()
  readonly #touchedAt = new Map<string, number>()
  readonly #countBy: Record<Condition, number>
  #actions = 0

  constructor(containers: readonly FleetContainer[], random: Random) {
    this.#containers = containers
    this.#random = random
    this.#countBy = { serving: containers.length, ended: 0, unwell: 0 }
  }

  conditionOf(container: FleetContainer): Condition {
    return this.#condition.get(container.name) ?? 'serving'
  }

  /** Undefined when everybody who could be touched has just been. */
  next(): Action | undefined {
    const deed = this.#deed()
    for (let tries = 0; tries < TRIES; tries += 1) {
      const container = this.#any(WANTED[deed])
      if (container !== undefined && this.#isFit(deed, container)) {
        this.#note(deed, container)
        return { deed, container }
      }
    }
    // It counts all the same: a fleet of one would rest for ever.
    this.#actions += 1
    return undefined
  }

  #deed(): Deed {
    const max = Math.max(1, Math.floor(this.#containers.length * AWAY_SHARE))
    const { ended, unwell } = this.#countBy
    const possible = DEEDS.filter((deed) => {
      if (deed === 'start') return ended > 0
      if (deed === 'heal') return unwell > 0
      if (deed === 'sicken') return unwell < max
      return deed === 'restart' || ended < max
    })
    let left = this.#random.next() * possible.reduce((sum, deed) => sum + WEIGHTS[deed], 0)
    return possible.find((deed) => (left -= WEIGHTS[deed]) < 0) ?? 'restart'
  }

  /** The few who are away are looked up; of those who serve any is taken, and may not fit. */
  #any(condition: Condition): FleetContainer | undefined {
    const among =
      condition === 'serving'
        ? this.#containers
        : this.#containers.filter((it) => this.conditionOf(it) === condition)
    return among[Math.floor(this.#random.next() * among.length)]
  }

  #isFit(deed: Deed, container: FleetContainer): boolean {
    const restActions = Math.min(REST_ACTIONS, Math.floor(this.#containers.length / 2))
    const touchedAt = this.#touchedAt.get(container.name) ?? -restActions
    return (
      this.conditionOf(container) === WANTED[deed] &&
      (deed !== 'sicken' || container.hasCheck) &&
      this.#actions - touchedAt >= restActions
    )
  }

  #note(deed: Deed, container: FleetContainer): void {
    this.#countBy[this.conditionOf(container)] -= 1
    this.#countBy[AFTER[deed]] += 1
    this.#condition.set(container.name, AFTER[deed])
    this.#touchedAt.set(container.name, this.#actions)
    this.#actions += 1
  }
}

import { fuzz } from '../hostile/fuzz.ts'
import { type Proof, wrongIf } from './proof.ts'

interface Options {
  readonly seed: number
  readonly rounds: number
}

/** 100,000 values and 5,000 containers in 20 rounds. */
const VALUES_PER_ROUND = 5_000
const ROUTES_PER_ROUND = 250
/** Where fewer are taken for what they are, the fuzz has lost its aim. */
const TAKEN_SHARE_MIN = 0.05

/** Hostile values through masters and edges into a real nginx of each tier, by the seed. */
export async function hostileValues({ rounds, seed }: Options): Promise<Proof> {
  const [values, routes] = [VALUES_PER_ROUND * rounds, ROUTES_PER_ROUND * rounds]
  const { harm, routes: served, streams, taken } = await fuzz({ seed, values, routes })
  return {
    name: `${values} hostile values, ${routes} served`,
    wrong: [
      ...harm,
      ...wrongIf(taken < values * TAKEN_SHARE_MIN, `only ${taken} were taken`),
      ...wrongIf(served < routes, `only ${served} were served`),
    ],
    figures: { values, taken, served, streams, through: harm.length },
  }
}

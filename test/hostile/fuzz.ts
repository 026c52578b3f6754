import { mutate, settingSeeds } from '@roadstead/edge/testing/hostile-values.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { type Attack, attack, everyKey, isTaken } from './attack.ts'
import { type Says, withOwnPlaces } from './fleet.ts'
import { PAYLOAD_CLASSES } from './payloads.ts'
import { Range } from './range.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly values: number
  /** At least so many of those that are taken are put in force, in each tier. */
  readonly routes: number
}

export interface Fuzzed {
  readonly values: number
  readonly taken: number
  /** Rendered, tested and served by a real nginx, in each tier. */
  readonly routes: number
  /** TCP and UDP routes that nginx has read, both tiers together. */
  readonly streams: number
  readonly harm: readonly string[]
}

const TIERS = ['live', 'reload'] as const
/** As many servers as nginx reads in a moment. */
const BATCH = 500
const VISITS_PER_BATCH = 20
/** They are few among all keys, and a file of their own. */
const STREAM_SHARE = 0.2
/** What is good is mutated until it is taken once more. */
const GOOD_TRIES_MAX = 400_000

/**
 * Values that are good, bad or near either, in every key of every language, through a master's own
 * functions into a real nginx, where the oracle reads nginx's own dump. The seed repeats all of it.
 */
export async function fuzz({ routes, seed, values }: FuzzOptions): Promise<Fuzzed> {
  const random = seededRandom(seed)
  const keys = everyKey()
  const streamKeys = keys.filter(({ key }) => /^(?:roadstead|traefik)\.(?:tcp|udp)\./.test(key))
  const bad = PAYLOAD_CLASSES.flatMap((each) => each.values)
  const pick = <Item>(list: readonly Item[]): Item => {
    const item = list[Math.floor(random.next() * list.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
  const valueFor = (example: string): string => {
    const chance = random.next()
    if (chance < 0.5) return mutate(random, [example])
    if (chance < 0.65) return mutate(random)
    if (chance < 0.8) return mutate(random, settingSeeds)
    return mutate(random, bad)
  }
  const next = (): Attack => {
    const place = pick(random.next() < STREAM_SHARE ? streamKeys : keys)
    const one = attack(place, valueFor(place.example))
    if (random.next() < 0.8) return one
    // Two that are harmless apart may not be so together.
    const other = pick(keys)
    const two = attack(other, valueFor(other.example))
    const labels = { ...two.labels, ...one.labels }
    return { ...one, labels, variables: { ...two.variables, ...one.variables } }
  }

  const seen = new Set<string>()
  const members: Says[] = []
  let taken = 0
  for (let tried = 0; tried < values || members.length < routes; tried += 1) {
    if (tried > values + GOOD_TRIES_MAX) throw new Error('too little is taken to test anything')
    const each = next()
    if (!isTaken(each)) continue
    if (tried < values) taken += 1
    const text = `${each.key}\0${each.value}`
    if (seen.has(text) || members.length >= routes) continue
    seen.add(text)
    members.push(withOwnPlaces(each, 'f', members.length))
  }
  const done = await putAllInForce(members)
  return { values, taken, routes: members.length, ...done }
}

async function putAllInForce(members: readonly Says[]): Promise<Pick<Fuzzed, 'harm' | 'streams'>> {
  const harm: string[] = []
  let streams = 0
  for (const tier of TIERS) {
    await using range = await Range.open(tier)
    for (let at = 0; at < members.length; at += BATCH) {
      const found = await range.harmDoneBy(members.slice(at, at + BATCH), VISITS_PER_BATCH)
      harm.push(...found.map((what) => `${tier}: ${what}`))
    }
    streams += range.streamsRead
  }
  return { harm, streams }
}

import { parseSpanSeconds } from '../span.ts'

/** What is to be simulated. */
export interface SimulationPlan {
  readonly hosts: number
  /** On each host. */
  readonly containers: number
  /** Of what happens to containers, over the whole fleet. */
  readonly perSecond: number
  /** Repeats what happens, and to whom. */
  readonly seed: number
  /** Undefined: until somebody stops it. */
  readonly forMs: number | undefined
  /** Engines hang and hosts are cut off the bus, one at a time. */
  readonly faults: boolean
}

export interface SimulationFlags {
  readonly hosts: string
  readonly containers: string
  readonly rate: string
  readonly seed?: string
  readonly for?: string
  readonly faults?: true
}

/** Each has a folder, connections to NATS and to its engine, and a place in one variable. */
const HOSTS_MAX = 1_000
/** Addresses of a host's containers are one block of 256. */
const CONTAINERS_MAX = 250
/** Each is a program that listens twice; beyond that a machine shows its own limits and not ours. */
const ALL_CONTAINERS_MAX = 20_000
const PER_SECOND_MAX = 1_000
const SEED_MAX = 2 ** 32 - 1

/** What was asked for, or what is wrong with it by flag, all at once. */
export function planOf(
  flags: SimulationFlags,
  anySeed: number,
):
  | { readonly kind: 'plan'; readonly plan: SimulationPlan }
  | { readonly kind: 'problems'; readonly problems: Readonly<Record<string, string>> } {
  const problems: Record<string, string> = {}
  const whole = (flag: string, text: string, min: number, max: number): number => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    problems[flag] = `must be a whole number from ${min} to ${max}, and is ${text.slice(0, 40)}`
    return min
  }
  const plan: SimulationPlan = {
    hosts: whole('--hosts', flags.hosts, 1, HOSTS_MAX),
    containers: whole('--containers', flags.containers, 1, CONTAINERS_MAX),
    perSecond: /^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(flags.rate) ? Number(flags.rate) : Number.NaN,
    seed: flags.seed === undefined ? anySeed : whole('--seed', flags.seed, 0, SEED_MAX),
    forMs: flags.for === undefined ? undefined : spanMs(flags.for),
    faults: flags.faults === true,
  }
  const { containers, forMs, hosts, perSecond } = plan
  if (!(perSecond >= 0 && perSecond <= PER_SECOND_MAX)) {
    const is = flags.rate.slice(0, 40)
    problems['--rate'] = `must be a number a second from 0 to ${PER_SECOND_MAX}, and is ${is}`
  }
  if (Number.isNaN(forMs)) {
    problems['--for'] = 'must be a span such as 30s, 10m or 2h'
  }
  if (hosts * containers > ALL_CONTAINERS_MAX && Object.keys(problems).length === 0) {
    problems['--containers'] =
      `makes ${hosts * containers} of them on all hosts; at most ${ALL_CONTAINERS_MAX} can be simulated`
  }
  return Object.keys(problems).length === 0
    ? { kind: 'plan', plan }
    : { kind: 'problems', problems }
}

function spanMs(text: string): number {
  const seconds = parseSpanSeconds(text)
  return seconds === undefined ? Number.NaN : seconds * 1_000
}

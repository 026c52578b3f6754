import assert from 'node:assert/strict'
import { visitOf } from '../../rig/parts.ts'
import { play, type Steps } from '../../rig/play.ts'
import type { Rig } from '../../rig/rig.ts'
import { visitOnce } from '../../rig/visitor.ts'

const CHANGING = 140
/** Of those that are away at first: they serve when they are healthy, and not before. */
const CHECKED = 40
const STEADY = 45

interface Member {
  readonly id: string
  readonly name: string
  readonly hasCheck: boolean
}

/** Containers with a domain each: those that serve, those that do not, and those that always do. */
export interface Crowd {
  readonly there: readonly Member[]
  readonly away: readonly Member[]
  readonly steady: readonly Member[]
}

/** A crowd on a simulated engine, of whom those run that should. */
export async function gather(rig: Rig, host: string): Promise<Crowd> {
  const { engine } = rig.host(host)
  const make = async (word: string, count: number, hasCheck: boolean): Promise<Member[]> => {
    const made: Member[] = []
    for (let index = 0; index < count; index++) {
      const name = `${word}-${index}`
      const labels = { 'roadstead.host': domainOf(name) }
      const options = { labels, port: 8080, healthcheck: hasCheck, env: NEVER_BY_ITSELF }
      made.push({ id: await engine.create(name, options), name, hasCheck })
    }
    return made
  }
  const there = await make('one', CHANGING, false)
  const plain = await make('other', CHANGING - CHECKED, false)
  const checked = await make('checked', CHECKED, true)
  const steady = await make('steady', STEADY, false)
  await play(engine, { steps: does('start', [...there, ...steady]), overMs: 0 })
  return { there, away: [...plain, ...checked], steady }
}

/**
 * Who serves is killed, who does not is started (and turns healthy), and who always does is restarted:
 * a thousand events of the engine, mixed, in the same order every time.
 */
export function turning({ there, away, steady }: Crowd): Steps {
  const checked = away.filter(({ hasCheck }) => hasCheck)
  const steps = [
    ...does('kill', there),
    ...does('start', away),
    ...does('heal', checked),
    ...does('restart', steady),
  ]
  return steps.toSorted((a, b) => compare(a.container, b.container))
}

/** What it is after that. */
export function turned({ there, away, steady }: Crowd): Crowd {
  return { there: away, away: there, steady }
}

/** Asks for every name. @throws as long as one is not served as it should be */
export async function isServed(rig: Rig, { there, away, steady }: Crowd): Promise<true> {
  for (const { name } of [...there, ...steady]) {
    const { by, status } = await visitOnce(visitOf(rig.edge(), domainOf(name)))
    assert.equal(by, name, `${name}: ${status}`)
  }
  for (const { name } of away) {
    const { by, status } = await visitOnce(visitOf(rig.edge(), domainOf(name)))
    assert.ok(status === 404 || status === 503, `${name}: ${status} by ${by}`)
  }
  return true
}

/** Its health check passes when the scenario says so. */
const NEVER_BY_ITSELF = { SIMULATED_HEALTHY_AFTER_MS: '3600000' }

function does(what: Steps[number]['does'], members: readonly Member[]): Steps {
  return members.map(({ id }) => ({ container: id, does: what }))
}

function domainOf(name: string): string {
  return `${name}.events.test`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

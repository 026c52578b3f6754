import assert from 'node:assert/strict'
import type { MasterBus } from '@roadstead/bus/ports.ts'
import { pastSubject } from '@roadstead/bus/subjects.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { PastQuestion } from '@roadstead/shared/protocol/past.ts'
import { eventually } from '../rig/eventually.ts'
import { type Contract, site } from './bus.contract.ts'

const m1 = MasterId.parse('m1')
const SOON = { withinMs: 5_000 }
const PATIENT_MS = 2_000
const HASTY_MS = 300
/** As long as a page may become. */
const LONG = 'x'.repeat(512 * 1024)

/** What masters ask one another about the past. */
export function pastContract(contract: Contract): void {
  contract('a master asks the others about the past and gets the text as it was', async (bus) => {
    await using one = await bus.master('m1')
    await using two = await bus.master('m2')
    await using served = serve(two, (question) => (question.ask.kind === 'hello' ? LONG : ''))
    await eventually('it hears', () => one.askPast(aQuestion(m1), HASTY_MS), SOON)

    assert.equal(await one.askPast(aQuestion(m1), PATIENT_MS), LONG)
    assert.deepEqual(served.heard.at(-1), aQuestion(m1))
  })

  contract('who is silent about the past is waited for no longer than asked', async (bus) => {
    await using one = await bus.master('m1')
    await using two = await bus.master('m2')
    await using alone = serve(one, () => undefined)
    await using served = serve(two, () => undefined)
    const isHeard = async (): Promise<boolean> => {
      assert.equal(await one.askPast(aQuestion(m1), HASTY_MS), undefined)
      return alone.heard.length > 0 && served.heard.length > 0
    }
    await eventually('both hear, who asks does too', isHeard, SOON)
  })

  contract(
    'what is no question about the past, or another master asks it, is not handled',
    async (bus) => {
      await using one = await bus.master('m1')
      await using two = await bus.master('m2')
      await using served = serve(two, () => 'told')
      await eventually('it hears', () => one.askPast(aQuestion(m1), HASTY_MS), SOON)
      served.heard.length = 0
      const question = aQuestion(m1)
      for (const wrong of [
        'not JSON',
        '{}',
        { ...question, v: 2 },
        { ...question, master: 'm2' },
        { ...question, ask: { kind: 'everything' } },
        { ...question, except: Array.from({ length: 99 }, () => 'm3') },
      ]) {
        const text = typeof wrong === 'string' ? wrong : JSON.stringify(wrong)
        await bus.inject(pastSubject(site, m1), text)
      }

      assert.equal(await one.askPast(aQuestion(m1), PATIENT_MS), 'told')
      assert.deepEqual(served.heard, [aQuestion(m1)])
    },
  )
}

function aQuestion(master: MasterId): PastQuestion {
  return PastQuestion.parse({ v: 1, master, ask: { kind: 'hello' } })
}

function serve(master: MasterBus, answer: (question: PastQuestion) => string | undefined) {
  const stop = new AbortController()
  const heard: PastQuestion[] = []
  const serving = master.servePast(async (question) => {
    heard.push(question)
    return answer(question)
  }, stop.signal)
  return {
    heard,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await serving
    },
  }
}

import assert from 'node:assert/strict'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { OPEN_PER_SUBJECT_MAX } from '@roadstead/bus/open-questions.ts'
import type { MasterBus } from '@roadstead/bus/ports.ts'
import { askSubject, QUESTION_BYTES_MAX } from '@roadstead/bus/subjects.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { LetGoReply, LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../rig/eventually.ts'
import { type Contract, site } from './bus.contract.ts'
import { aQuestion } from './bus.samples.ts'

const h1 = HostId.parse('h1')
const h2 = HostId.parse('h2')
const SOON = { withinMs: 15_000 }
const PATIENT_MS = 5_000
const HASTY_MS = 300
const sign = signWith(createKey().seed)
const GO: LetGoReply = { kind: 'go', why: 'quiet' }
const UNREACHABLE = { kind: 'unreachable' }

/** What a master asks an agent, an agent asks its leader, and what becomes of it. */
export function questionsContract(contract: Contract): void {
  contract(
    'a question is answered by the master that leads, while the other hears it',
    async (bus) => {
      await using agent = await bus.agent(h1)
      await using leader = await bus.master('m1')
      await using standby = await bus.master('m2')
      await using answering = serve(leader, async () => ({ kind: 'wait', why: 'not quiet yet' }))
      await using silent = serve(standby, async () => undefined)
      await eventually(
        'both hear',
        async () => {
          await agent.askToLetGo(aQuestion(h1), HASTY_MS)
          return answering.heard.length > 0 && silent.heard.length > 0
        },
        SOON,
      )

      const reply = await agent.askToLetGo(aQuestion(h1), PATIENT_MS)

      assert.deepEqual(reply, { kind: 'wait', why: 'not quiet yet' })
      assert.deepEqual(silent.heard.at(-1), aQuestion(h1))
    },
  )

  contract('where nobody listens, a question is told so at once', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const askedAt = performance.now()

    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), PATIENT_MS), UNREACHABLE)
    assert.deepEqual(await master.command(h1, sign('command', '{}'), PATIENT_MS), UNREACHABLE)

    assert.ok(performance.now() - askedAt < PATIENT_MS / 2)
  })

  contract('where all who listen are silent, or fail, a question ends in time', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    let answer: () => Promise<LetGoReply | undefined> = async () => undefined
    await using served = serve(master, () => answer())
    await eventually('it hears', () => heardOnce(agent, served.heard), SOON)

    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), HASTY_MS), UNREACHABLE)
    answer = () => Promise.reject(new Error('no idea'))
    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), HASTY_MS), UNREACHABLE)
    answer = async () => GO
    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), PATIENT_MS), GO)
  })

  contract('what is no question, or is about another host, is never handled', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    await using served = serve(master, async () => GO)
    await eventually('it hears', () => heardOnce(agent, served.heard), SOON)
    served.heard.length = 0
    const text = JSON.stringify(aQuestion(h1))

    for (const wrong of [
      '',
      'not JSON',
      '{}',
      JSON.stringify({ ...aQuestion(h1), action: 'exec' }),
      JSON.stringify(aQuestion(h2)),
      text + ' '.repeat(QUESTION_BYTES_MAX),
    ]) {
      await bus.inject(askSubject(site, h1), wrong)
    }

    assert.deepEqual(await agent.askToLetGo(aQuestion(h1, '2'), PATIENT_MS), GO)
    assert.deepEqual(served.heard, [aQuestion(h1, '2')])
    // Nor can a host ask in the name of another on its own connection.
    assert.deepEqual(await agent.askToLetGo(aQuestion(h2), HASTY_MS), UNREACHABLE)
  })

  contract('an answer that gets lost is asked for again over the next connection', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    let breaks = false
    await using served = serve(master, async () => {
      if (breaks) {
        bus.cut(h1)
        await eventually('cut', () => !agent.link.connected(), SOON)
      }
      breaks = false
      return GO
    })
    await eventually('it hears', () => heardOnce(agent, served.heard), SOON)
    breaks = true

    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), 2_000), UNREACHABLE)

    await eventually('back', () => agent.link.connected(), SOON)
    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), PATIENT_MS), GO)
  })

  contract('a host that asks too much at a time shuts out nobody but itself', async (bus) => {
    await using agent = await bus.agent(h1)
    await using other = await bus.agent(h2)
    await using master = await bus.master('m1')
    const release = Promise.withResolvers<void>()
    let waits = false
    await using served = serve(master, async ({ host }) => {
      if (waits && host === h1) await release.promise
      return GO
    })
    await eventually('it hears', () => heardOnce(agent, served.heard), SOON)
    served.heard.length = 0
    waits = true

    const flood = Array.from({ length: OPEN_PER_SUBJECT_MAX + 50 }, () =>
      agent.askToLetGo(aQuestion(h1), 2_000),
    )
    await eventually('full', () => served.heard.length === OPEN_PER_SUBJECT_MAX, SOON)
    assert.deepEqual(await other.askToLetGo(aQuestion(h2), PATIENT_MS), GO)
    assert.equal(served.heard.length, OPEN_PER_SUBJECT_MAX + 1)

    release.resolve()
    const kinds = (await Promise.all(flood)).map((it) => it.kind)
    assert.equal(kinds.filter((it) => it === 'go').length, OPEN_PER_SUBJECT_MAX)
    assert.deepEqual(await agent.askToLetGo(aQuestion(h1), PATIENT_MS), GO)
  })

  contract('a command that takes its time is answered all the same', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const stop = new AbortController()
    const done: CommandReply = { kind: 'done', id: 'x', result: {} }
    let takesMs = 0
    const serving = agent.serveCommands(async () => {
      await sleep(takesMs)
      return done
    }, stop.signal)
    const command = sign('command', '{}')
    await eventually(
      'it serves',
      async () => {
        const reply = await master.command(h1, command, HASTY_MS)
        return reply.kind === 'done'
      },
      SOON,
    )

    takesMs = SLOW_MS
    assert.deepEqual(await master.command(h1, command, 4 * SLOW_MS), done)

    stop.abort()
    await serving
  })

  contract('what cannot be a command is refused by name, and not handled', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const stop = new AbortController()
    let handled = 0
    const serving = agent.serveCommands(async () => {
      handled += 1
      return { kind: 'done', id: 'x', result: {} }
    }, stop.signal)
    const broken = { ...sign('command', '{}'), signature: 'short' }
    const long = sign('command', 'x'.repeat(QUESTION_BYTES_MAX))

    for (const command of [broken, long]) {
      const reply = await eventually(
        'an answer',
        async () => {
          const answer = await master.command(h1, command, HASTY_MS)
          return answer.kind === 'unreachable' ? undefined : answer
        },
        SOON,
      )
      assert.deepEqual(reply, { kind: 'refused', id: '', reason: 'unreadable' })
    }

    assert.equal(handled, 0)
    stop.abort()
    await serving
  })
}

/** Longer than any round trip, short enough for a test; a minute works by the same path. */
const SLOW_MS = 2_500

function serve(
  master: MasterBus,
  handle: (request: LetGoRequest) => Promise<LetGoReply | undefined>,
): { readonly heard: LetGoRequest[] } & AsyncDisposable {
  const stop = new AbortController()
  const heard: LetGoRequest[] = []
  const serving = master.serveLetGo(async (request) => {
    heard.push(request)
    return handle(request)
  }, stop.signal)
  return {
    heard,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await serving
    },
  }
}

async function heardOnce(
  agent: { askToLetGo(request: LetGoRequest, timeoutMs: number): Promise<unknown> },
  heard: readonly LetGoRequest[],
): Promise<boolean> {
  await agent.askToLetGo(aQuestion(h1), HASTY_MS)
  return heard.length > 0
}

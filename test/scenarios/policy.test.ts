/**
 * A policy takes a stolen name away and gives it to whom it belongs, grants a wildcard to one host only,
 * and outlives the leader that took it. Real: two Docker Engines, each in the network of its own host
 * with its own agent, the command line, a nats-server, two masters, an edge with its nginx.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { ask } from '../rig/ask.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'
import { answeredBy, answeredByNobody } from '../rig/expect.ts'
import { startCli } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'

const asks = (domains: string) => ({ labels: { 'roadstead.host': domains } })

const policy = (alpha: string, beta: string) => `# Shops are alpha's, previews are beta's.
claims:
  - hosts: [${alpha}]
    domains: [.example.com]
  - hosts: [${beta}]
    domains: ["*.dev.example.com"]
`

test('a policy says who may hold which names', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha', 'beta'], masters: 2 })
  const alpha = rig.host('alpha')
  const beta = rig.host('beta')

  await rig.step('without one, whoever asks first has the name', async () => {
    await beta.engine.run('thief', asks('shop.example.com'))
    await answeredBy(rig, 'shop.example.com', 'thief')
    await alpha.engine.run('shop', asks('shop.example.com'))
    await toldOf(rig, 'shop', 'conflict-held')
  })

  await rig.step('what is wrong with it is named by line, and nothing is applied', async () => {
    const wrong = policy(alpha.id, beta.id).replace(
      'domains: [.example.com]',
      'domain: [.example.com]',
    )
    const { code, said } = await command(rig, 'apply', wrong)
    assert.equal(code, 2, said)
    assert.match(said, /policy\.yaml:4:5 error claims\[0\]\.domain\b/)
    assert.match(said, /Did you mean domains\?/)
    await answeredBy(rig, 'shop.example.com', 'thief')
  })

  await rig.step('what it would change is told before it does', async () => {
    const { code, said } = await command(rig, 'diff', policy(alpha.id, beta.id))
    assert.equal(code, 1, said)
    assert.match(said, /shop\.example\.com prefix \/ +thief +shop/)
    assert.match(said, /h-beta\/thief +shop\.example\.com\/ +routed +claim-denied/)
  })

  await rig.step('applied, it gives the stolen name to whom it belongs', async () => {
    const { code, said } = await command(rig, 'apply', policy(alpha.id, beta.id))
    assert.equal(code, 0, said)
    await answeredBy(rig, 'shop.example.com', 'shop')
    const { details } = await toldOf(rig, 'thief', 'claim-denied')
    assert.equal(details['granted'], '.example.com')
    const { leader } = await rig.leader()
    // Claims are written once the leader knows all who ask.
    await eventually(
      'the events say why the name passed on',
      async () => {
        const events = await leader.api.events()
        const passed = events.find(({ what }) => what === 'claim passed on')
        return /policy/.test(passed?.details['why'] ?? '')
      },
      { withinMs: 25_000 },
    )
  })

  await rig.step('a wildcard answers for its host, after every name itself', async () => {
    await beta.engine.run('preview', asks('*.dev.example.com'))
    await answeredBy(rig, 'x.dev.example.com', 'preview')
    await answeredBy(rig, 'x.y.dev.example.com', 'preview')
    await beta.engine.run('exact', asks('x.dev.example.com'))
    await answeredBy(rig, 'x.dev.example.com', 'exact')
    await alpha.engine.run('intruder', asks('y.dev.example.com,*.example.com'))
    const { details } = await toldOf(rig, 'intruder', 'claim-denied')
    assert.equal(details['granted'], '*.dev.example.com')
    await toldOf(rig, 'intruder', 'wildcard-not-granted')
    await answeredBy(rig, 'y.dev.example.com', 'preview')
  })

  await rig.step('another leader goes by the same policy', async () => {
    const { leader, epoch } = await rig.leader()
    const heir = await rig.standby()
    await leader.process.kill()
    await eventually('the standby leads', async () => (await heir.api.leader()).epoch > epoch, {
      withinMs: 10_000,
    })
    rig.masters = rig.masters.filter((master) => master !== leader)
    await beta.engine.run('greedy', asks('wiki.example.com'))
    await toldOf(rig, 'greedy', 'claim-denied')
    const by = async (domain: string) => (await ask(rig.edge(), domain)).by
    await throughout(
      'nobody gets in by the change',
      async () => {
        assert.equal(await by('shop.example.com'), 'shop')
        assert.equal(await by('z.dev.example.com'), 'preview')
      },
      calm(3_000),
    )
    await answeredByNobody(rig, 'wiki.example.com')
    const { said } = await command(rig, 'show', '')
    assert.match(said, /Shops are alpha's/)
  })
})

async function toldOf(rig: Rig, container: string, reason: Verdict['reason']): Promise<Verdict> {
  const { leader } = await rig.leader()
  return eventually(
    `${container} is told ${reason}`,
    async () => {
      const found = (await leader.api.containers()).find(({ name }) => name === container)
      return found?.verdicts.find((verdict) => verdict.reason === reason)
    },
    { withinMs: 15_000 },
  )
}

let commands = 0

async function command(rig: Rig, verb: 'apply' | 'diff' | 'show', text: string) {
  const { leader } = await rig.leader()
  const file = path.join(rig.folder.path, 'policy.yaml')
  writeFileSync(file, text)
  const words = ['policy', verb, ...(verb === 'show' ? [] : [file])]
  const env = { ROADSTEAD_SERVER: leader.api.url, ROADSTEAD_TOKEN: rig.token }
  const running = startCli(rig.folder, `cli-policy-${(commands += 1)}`, words, env)
  const { code } = await running.finished
  return { code, said: `${running.lines().join('\n')}\n${running.tail()}` }
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { Bench, type BenchTier, eventually, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const hashOf = (word: string) =>
  execFileSync('openssl', ['passwd', '-apr1', word], { encoding: 'utf8' }).trim()
const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` })

/** Who may come in, and how much: each setting through a real nginx, in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => access(tier))

function access(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench
  const ann = `ann:${hashOf('secret')}`
  const bob = `bob:${hashOf('other')}`

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const { port } = stack.use(await webServer('shop'))
    bench.state.users = new Map([['team', [bob]]])
    const routes = [
      route('open.test', 'shop'),
      route('allow.test', 'shop', { settings: { allow: ['127.0.0.7/32', '10.1.2.3/8'] } }),
      route('allow.test/free', 'shop'),
      route('users.test', 'shop', { settings: { users: [ann] } }),
      route('users.test/free', 'shop'),
      route('team.test', 'shop', { settings: { auth: 'team' } }),
      route('both.test', 'shop', { settings: { auth: 'team', users: [ann] } }),
      route('missing.test', 'shop', { settings: { auth: 'nobody', users: [ann] } }),
      route('limit.test', 'shop', {
        settings: { limit: { requests: 2, per: 'minute', burst: 3 } },
      }),
      route('body.test', 'shop', { settings: { bodyBytesMax: 2_048 } }),
      route('away.test', 'away', { settings: { allow: ['10.0.0.0/8'] } }),
      route('held.test', 'held', { settings: { users: [ann] } }),
    ]
    const held = { ...service('held'), holdMs: 5_000 }
    await bench.apply(table([service('shop', endpoint(port)), service('away'), held], routes))
    assert.deepEqual(bench.state.outcome.kind, 'applied')
    assert.deepEqual([...bench.state.quarantine], [])
  })
  after(() => stack.disposeAsync())

  test('only visitors of these networks come in', async () => {
    assert.equal((await bench.get('allow.test')).status, 403)
    assert.equal((await bench.get('allow.test/x/y')).status, 403)
    const inside = { localAddress: '127.0.0.7' }
    assert.equal((await bench.get('allow.test/x', {}, inside)).headers['x-by'], 'shop')
    assert.equal((await bench.get('allow.test/free')).status, 200)
  })

  test('whoever may not come in does not hear whether anybody would serve', async () => {
    assert.equal((await bench.get('away.test')).status, 403)
  })

  test('users of the labels come in with their word, and nobody else', async () => {
    const nobody = await bench.get('users.test')
    assert.equal(nobody.status, 401)
    assert.match(String(nobody.headers['www-authenticate']), /^Basic realm=/)
    for (const wrong of ['ann:wrong', 'bob:other', 'ann:', ':secret', 'eve:secret'])
      assert.equal((await bench.get('users.test', basic(wrong))).status, 401, wrong)
    const { status, headers } = await bench.get('users.test/x', basic('ann:secret'))
    assert.deepEqual([status, headers['x-by']], [200, 'shop'])
    assert.equal((await bench.get('users.test/free')).status, 200)
  })

  test('an object brings users, besides those of the labels', async () => {
    assert.equal((await bench.get('team.test', basic('bob:other'))).status, 200)
    assert.equal((await bench.get('team.test', basic('ann:secret'))).status, 401)
    assert.equal((await bench.get('both.test', basic('bob:other'))).status, 200)
    assert.equal((await bench.get('both.test', basic('ann:secret'))).status, 200)
    assert.equal((await bench.get('both.test')).status, 401)
  })

  test('an object that is not at hand lets nobody in, not even other users', async () => {
    for (const headers of [{}, basic('ann:secret')]) {
      assert.equal((await bench.get('missing.test', headers)).status, 503)
    }
  })

  test('nobody waits for an endpoint before it is known who it is', async () => {
    const answer = tier === 'live' ? 401 : 503
    assert.equal((await bench.get('held.test')).status, answer)
  })

  test('beyond the limit a visitor hears when to come back, and others are served', async () => {
    const statuses = []
    for (let count = 0; count < 6; count += 1) statuses.push((await bench.get('limit.test')).status)
    assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429])
    assert.equal((await bench.get('limit.test')).headers['retry-after'], '30')
    const other = await bench.get('limit.test', {}, { localAddress: '127.0.0.9' })
    assert.deepEqual([other.status, other.headers['retry-after']], [200, undefined])
  })

  test('a body of a kilobyte more than allowed is refused, announced or not', async () => {
    const send = (bytes: number, headers = {}) =>
      bench.get('body.test', headers, { method: 'POST', body: Buffer.alloc(bytes, 'x') })
    assert.equal((await send(2_048)).status, 200)
    assert.equal((await send(3_072)).status, 413)
    const chunked = await send(3_072, { 'transfer-encoding': 'chunked' }).catch(() => ({
      status: 0,
    }))
    assert.ok([0, 413].includes(chunked.status))
  })

  test('an object that changes is in force without a new table, and its old word is none', async () => {
    bench.state.users = new Map([['team', [`bob:${hashOf('newer')}`]]])
    bench.state.wish()
    await eventually(async () => (await bench.get('team.test', basic('bob:newer'))).status === 200)
    await eventually(async () => (await bench.get('team.test', basic('bob:other'))).status === 401)
  })
}

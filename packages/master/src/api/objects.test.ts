import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import type { Role } from '@roadstead/shared/protocol/decision.ts'
import { Authority } from '../testing/authority.ts'
import { type ApiOnTrial, apiOnTrial } from './api-on-trial.ts'

const ann = 'ann:$apr1$hash0of0ann$x'
const bob = 'bob:$apr1$hash0of0bob$x'

describe('users and certificates over the API', () => {
  const authority = new Authority()
  let trial: ApiOnTrial
  before(async () => {
    trial = await apiOnTrial(clock)
  })
  after(async () => {
    authority[Symbol.dispose]()
    await trial[Symbol.asyncDispose]()
  })

  async function ask(method: 'GET' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) {
    return as('admin', method, path, body)
  }
  async function as(
    role: Role,
    method: 'GET' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body = {},
  ) {
    const url = `/api/v1/objects${path}`
    const headers = trial.bearer(role)
    const payload = method === 'GET' || method === 'DELETE' ? {} : { payload: body }
    return trial.app.inject({ method, url, headers, ...payload })
  }

  test('users are kept, changed one by one, and forgotten; hashes never come out', async () => {
    const put = await ask('PUT', '/users/team', { lines: [bob, ann] })
    assert.equal(put.statusCode, 200)
    assert.deepEqual(ObjectView.parse(put.json()).facts, { object: 'users', names: ['ann', 'bob'] })

    const changed = await ask('PATCH', '/users/team', {
      set: [ann.replace('x', 'y')],
      remove: ['bob'],
    })
    const view = ObjectView.parse(changed.json())
    assert.deepEqual(view.facts, { object: 'users', names: ['ann'] })
    assert.notEqual(view.version, ObjectView.parse(put.json()).version)

    const everything = await Promise.all(
      ['/api/v1/objects', '/api/v1/decisions', '/metrics', '/api/v1/events'].map((url) =>
        trial.app.inject({ method: 'GET', url, headers: trial.bearer('admin') }),
      ),
    )
    for (const { body } of [put, changed, ...everything])
      assert.doesNotMatch(body, /hash0of0|sealed/)
    assert.doesNotMatch(JSON.stringify([...trial.decisions]), /hash0of0/)

    assert.equal((await ask('DELETE', '/users/team')).statusCode, 204)
    assert.equal((await ask('DELETE', '/users/team')).statusCode, 404)
  })

  test('a certificate is looked at before it is kept, and its key never comes out', async () => {
    const pair = authority.sign({ names: 'DNS:a.test' })
    const other = authority.sign({ names: 'DNS:a.test' })
    const bad = await ask('PUT', '/certificates/a', { ...pair, key: other.key })
    assert.equal(bad.statusCode, 422)
    assert.match(bad.body, /not that of the certificate/)
    assert.equal(trial.decisions.has('d.object.certificate.a'), false)

    const put = await ask('PUT', '/certificates/a', pair)
    const { facts } = ObjectView.parse(put.json())
    assert.ok(facts.object === 'certificate' && facts.names.includes('a.test'))
    for (const { body } of [bad, put, await ask('GET', '')])
      assert.doesNotMatch(body, /PRIVATE|sealed/)
    assert.doesNotMatch(JSON.stringify([...trial.decisions]), /PRIVATE/)
  })

  test('what cannot be read is told without being quoted', async () => {
    for (const body of [
      { lines: ['ann:hunter2'] },
      { lines: [{ ann: 'hunter2' }] },
      { lines: 'ann:hunter2' },
      { chain: 'hunter2', key: 7 },
    ]) {
      const answer = await ask('PUT', '/users/team', body)
      assert.equal(answer.statusCode, 400)
      assert.doesNotMatch(answer.body, /hunter2/)
    }
    assert.equal((await ask('PUT', '/users/UPPER', { lines: [ann] })).statusCode, 400)
    assert.equal((await ask('PATCH', '/users/team', { remove: ['nobody'] })).statusCode, 404)
  })

  test('only admins may, even look', async () => {
    for (const role of ['viewer', 'operator'] as const) {
      assert.equal((await as(role, 'GET', '')).statusCode, 403)
      assert.equal((await as(role, 'PUT', '/users/team', { lines: [ann] })).statusCode, 403)
      assert.equal((await as(role, 'DELETE', '/certificates/a')).statusCode, 403)
    }
  })

  test('a standby names the leader instead', async () => {
    trial.state.leads = false
    const answer = await ask('PUT', '/users/team', { lines: [ann] })
    trial.state.leads = true
    assert.equal(answer.statusCode, 409)
    assert.match(answer.body, /not-leader/)
  })
})

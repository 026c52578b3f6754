import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { fakeMaster } from '../testing/fake-master.ts'
import { roadstead } from '../testing/roadstead.ts'
import { edges } from './golden.edges.ts'
import { certificates, users } from './golden.objects.ts'

const USERS = '/api/v1/objects/users/team'

async function folderWith(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'roadstead-objects-'))
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  return {
    at: (name: string) => path.join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

test('a file of htpasswd replaces all users, without remarks and empty lines', async () => {
  await using master = await fakeMaster({ [`PUT ${USERS}`]: { body: users[0] } })
  await using files = await folderWith({ htpasswd: '# ours\nann:$apr1$x$y:Ann\r\n\nbob:{SHA}x\n' })
  const words = ['users', 'set', 'team', '--file', files.at('htpasswd')]

  const { code, err, out } = await roadstead([...words, '--server', master.url])

  assert.equal(code, 0, err)
  assert.match(out, /^users team: ann, bob\nedges that have it: 1 of 2: rear older; they follow/)
  assert.deepEqual(master.requests[0]?.body, { lines: ['ann:$apr1$x$y', 'bob:{SHA}x'] })
})

test('a password is hashed here, and neither it nor its hash is printed', async () => {
  await using master = await fakeMaster({ [`PATCH ${USERS}`]: { body: users[0] } })
  await using files = await folderWith({ word: 'hunter2\n' })
  const words = ['users', 'set', 'team', '--user', 'ann', '--password-file', files.at('word')]

  const { code, err, out } = await roadstead([...words, '--server', master.url])

  assert.equal(code, 0, err)
  const { set } = z.object({ set: z.array(z.string()) }).parse(master.requests[0]?.body)
  assert.match(set[0] ?? '', /^ann:\$6\$/)
  assert.doesNotMatch(out + err + JSON.stringify(master.requests), /hunter2/)
  assert.doesNotMatch(out + err, /\$6\$/)
})

test('one user goes and the others stay, or all go', async () => {
  await using master = await fakeMaster({
    [`PATCH ${USERS}`]: { body: users[0] },
    [`DELETE ${USERS}`]: { body: undefined },
  })
  const words = ['users', 'remove', 'team', '--server', master.url]

  const one = await roadstead([...words, '--user', 'ann'])
  const all = await roadstead(words)

  assert.deepEqual([one.code, all.code], [0, 0], one.err + all.err)
  assert.deepEqual(master.requests[0]?.body, { remove: ['ann'] })
  assert.equal(master.requests[1]?.line, `DELETE ${USERS}`)
})

test('what cannot be meant is told before anybody is asked', async () => {
  await using master = await fakeMaster({})
  await using files = await folderWith({ empty: '\n' })
  const server = ['--server', master.url]
  const set = ['users', 'set', 'team', ...server]
  const wrong = [
    set,
    [...set, '--file', files.at('empty'), '--user', 'ann'],
    [...set, '--user', 'a:b', '--password-file', files.at('empty')],
    [...set, '--user', 'ann', '--password-file', files.at('empty')],
    ['certificates', 'set', 'a', '--cert', files.at('empty'), ...server],
  ]
  for (const words of wrong) assert.equal((await roadstead(words)).code, 2, words.join(' '))
  assert.deepEqual(master.requests, [])
})

test('a certificate and its key are sent, and what is printed has no key in it', async () => {
  const line = 'PUT /api/v1/objects/certificates/shop'
  const plain = { items: [edges[0]], total: 1 }
  await using master = await fakeMaster({
    [line]: { body: certificates[0] },
    'GET /api/v1/edges': { body: plain, later: [{ items: edges, total: edges.length }] },
  })
  await using files = await folderWith({ 'a.crt': 'a chain', 'a.key': 'a secret key' })
  const flags = ['--cert', files.at('a.crt'), '--key', files.at('a.key'), '--server', master.url]

  const { code, err, out } = await roadstead(['certificates', 'set', 'shop', ...flags])

  assert.equal(code, 0, err)
  assert.deepEqual(master.requests[0]?.body, { chain: 'a chain', key: 'a secret key' })
  assert.doesNotMatch(out + err, /secret/)
  assert.match(err, /No edge listens with TLS[^]*ROADSTEAD_HTTPS_PORT/)
  const again = await roadstead(['certificates', 'set', 'shop', ...flags])
  assert.equal(again.err, '', 'one of them does')
})

test('lists show their own kind', async () => {
  const items = [...users, ...certificates]
  const body = { items, total: items.length }
  await using master = await fakeMaster({ 'GET /api/v1/objects': { body } })

  const one = await roadstead(['users', 'list', '--server', master.url])
  const other = await roadstead(['certificates', 'list', '-o', 'json', '--server', master.url])

  assert.match(one.out, /^NAME +USERS +EDGES/)
  assert.equal(one.out.split('\n').length, 1 + users.length + 1)
  assert.equal(JSON.parse(other.out).total, certificates.length)
})

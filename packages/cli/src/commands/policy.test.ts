import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fakeMaster } from '../testing/fake-master.ts'
import { roadstead } from '../testing/roadstead.ts'
import { applied, diff, faulty, odd } from './golden.policy.ts'

const TEXT = 'claims: []\n'
const CHECK = 'POST /api/v1/policy/check'

async function policyFile() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'roadstead-policy-'))
  const file = path.join(folder, 'policy.yaml')
  await writeFile(file, TEXT)
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('a check says where and what, and exits with 2 only when something is wrong', async () => {
  await using master = await fakeMaster({ [CHECK]: { body: faulty, later: [odd] } })
  await using at = await policyFile()

  const wrong = await roadstead(['policy', 'check', at.file, '--server', master.url])
  const fine = await roadstead(['policy', 'check', at.file, '--server', master.url])

  assert.equal(wrong.code, 2, wrong.err)
  assert.ok(wrong.out.startsWith(`${at.file}:3:18 error claims[0].domains[0]\n`), wrong.out)
  assert.deepEqual(master.requests[0]?.body, { text: TEXT })
  assert.deepEqual([fine.code, fine.out.endsWith('with 1 warning.\n')], [0, true])
})

test('a diff exits with 1 when something would change, and with 0 when nothing would', async () => {
  const nothing = { ...diff, routes: [], verdicts: [], totals: { routes: 0, verdicts: 0 } }
  await using master = await fakeMaster({
    'POST /api/v1/policy/diff': { body: diff, later: [nothing] },
  })
  await using at = await policyFile()
  const words = ['policy', 'diff', at.file, '--server', master.url]

  const some = await roadstead(words)
  const none = await roadstead(words)

  assert.deepEqual([some.code, none.code], [1, 0])
  assert.match(some.out, /shop\.example\.com prefix \/ +stolen +shop\/web/)
  assert.equal(none.out, 'Nothing would change.\n')
})

test('the first policy replaces nothing, the next one what was in force', async () => {
  await using master = await fakeMaster({
    [CHECK]: { body: odd },
    'PUT /api/v1/policy': { body: applied },
  })
  await using at = await policyFile()
  const words = ['policy', 'apply', at.file, '--server', master.url]

  const first = await roadstead(words)
  master.answer('GET /api/v1/policy', { body: applied })
  const second = await roadstead(words)
  const stale = await roadstead([...words, '--instead', 'ffffffff'])

  assert.deepEqual([first.code, second.code, stale.code], [0, 0, 0], first.err)
  assert.match(first.out, /warning claims\[0\]\.hosts\[0\]/)
  const puts = master.requests.filter(({ line }) => line.startsWith('PUT'))
  const none = undefined
  assert.deepEqual(
    puts.map(({ instead }) => instead),
    [none, `"${applied.digest}"`, '"ffffffff"'],
  )
})

test('what is wrong is never sent to be applied, and a file that is not there is named', async () => {
  await using master = await fakeMaster({ [CHECK]: { body: faulty } })
  await using at = await policyFile()

  const wrong = await roadstead(['policy', 'apply', at.file, '--server', master.url])
  const nowhere = await roadstead(['policy', 'check', '/nowhere.yaml', '--server', master.url])

  assert.equal(wrong.code, 2)
  assert.deepEqual(
    master.requests.map(({ line }) => line),
    [CHECK],
  )
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.err, /nowhere\.yaml/)
})

test('the text alone is on standard output, so that it can be edited and applied again', async () => {
  const body = { ...applied, text: TEXT }
  await using master = await fakeMaster({ 'GET /api/v1/policy': { body } })

  const shown = await roadstead(['policy', 'show', '--server', master.url])

  assert.deepEqual([shown.code, shown.out], [0, TEXT])
  assert.match(shown.err, /^policy a1b2c3d4a1b2, applied .* by ann\n$/)
})

test('where no policy has been applied that is said, with what holds and what to do', async () => {
  const problem = {
    type: '',
    title: '',
    status: 404,
    code: 'not-found',
    detail: '',
    hint: '',
    instance: '',
  }
  await using master = await fakeMaster({ 'GET /api/v1/policy': { status: 404, body: problem } })
  const { code, err, out } = await roadstead(['policy', 'show', '--server', master.url])
  assert.equal(code, 3)
  assert.equal(out, '')
  assert.match(err, /any host may hold any free name[^]*roadstead policy apply FILE/)
})

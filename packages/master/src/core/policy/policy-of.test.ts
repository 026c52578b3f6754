import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { enrolledHosts } from './policy-of.ts'

const publicKey = PublicKey.parse(`U${'A'.repeat(55)}`)

function enrolled(...hosts: readonly (readonly [id: string, name: string, revoked?: boolean])[]) {
  const decisions = new Map<string, Decision>(
    hosts.map(([id, name, revoked = false], at) => [
      `d.identity.agent.${id}`,
      {
        kind: 'identity',
        role: 'agent',
        id: HostId.parse(id),
        publicKey,
        name,
        revoked,
        since: `2026-01-01T00:00:0${at}Z`,
      },
    ]),
  )
  return enrolledHosts({ decisions })
}

test('a host is named by the name that it joined with, or by its id', () => {
  const named = enrolled(['h1', 'web-1'], ['h2', 'web-2'])
  // Of that id nobody has joined, so that it could only be the operator's own.
  assert.deepEqual(named('web-1'), ['h1', 'web-1'])
  assert.deepEqual(named('h2'), ['h2'])
})

test('who joins later by a name, or as an id, that somebody has gets nothing by it', () => {
  assert.deepEqual(enrolled(['h1', 'web'], ['h2', 'web'])('web')[0], 'h1')
  assert.ok(!enrolled(['h1', 'web'], ['h2', 'web'])('web').some((id) => id === 'h2'))
  assert.deepEqual(enrolled(['h1', 'web'], ['web', 'x'])('web'), ['h1'])
  assert.deepEqual(enrolled(['h1', 'x'], ['h2', 'h1'])('h1'), ['h1'])
})

test('a host whose key was taken back leaves its name to others', () => {
  assert.deepEqual(enrolled(['h1', 'web', true], ['h2', 'web'])('web')[0], 'h2')
})

test('an id that never joined is a host that the operator brought in', () => {
  assert.deepEqual(enrolled()('alpha'), ['alpha'])
  assert.deepEqual(enrolled()('Not An Id'), [])
})

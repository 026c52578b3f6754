import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { renderUsers as render } from '@roadstead/bus/server-config.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { type Decision } from '@roadstead/shared/protocol/decision.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { admitIdentities } from './admit-identities.ts'

const site = SiteId.parse('s1')
const key = (letter: string) => PublicKey.parse(`U${letter.repeat(55)}`)

test('who joined is let in beside who was there, and who is revoked is not', async () => {
  const base: BusUser[] = [{ role: 'master', id: 'm1', site, publicKey: key('A') }]
  const identity = (letter: string, revoked: boolean): Decision => ({
    kind: 'identity',
    role: 'agent',
    id: HostId.parse(`h${letter.toLowerCase()}`),
    publicKey: key(letter),
    name: 'host',
    revoked,
    since: '',
  })
  const decisions = new Map([
    ['d.identity.agent.hb', identity('B', false)],
    ['d.identity.agent.hc', identity('C', true)],
  ])
  let text = ''
  const stop = new AbortController()
  const running = admitIdentities(
    {
      users: {
        base: async () => base,
        replace: async (next) => {
          text = next
          return true
        },
      },
      render,
      site,
      state: { graph: { decisions }, subscribe: () => ({ [Symbol.dispose]: () => undefined }) },
      position: { isCaughtUp: true },
      clock,
      log,
    },
    stop.signal,
  )
  await eventually('written', () => text !== '', { withinMs: 15_000 })
  stop.abort()
  await running
  assert.match(text, new RegExp(key('A')))
  assert.match(text, new RegExp(`${key('B')}.*rs\\.v1\\.evt\\.s1\\.hb`))
  assert.doesNotMatch(text, new RegExp(key('C')))
})

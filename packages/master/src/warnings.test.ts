import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import {
  EdgeId,
  HostId,
  InstanceId,
  PublicKey,
  ShortHash,
  SiteId,
} from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from './core/examples.ts'
import { POLICY_KEY, type PolicyDecision } from './core/policy/policy-of.ts'
import { defaultPolicy as policy } from './core/routes/policy.ts'
import { exampleImages } from './core/stock-examples.ts'
import { MasterState } from './state.ts'
import { warningsOf } from './warnings.ts'

const shop = (labels: Record<string, string>) =>
  exampleContainer(1, { labels: { 'roadstead.host': 'shop.example', ...labels } })
const hold = { 'roadstead.hold': '10s' }

function warned(labels: Record<string, string>, tier: EdgeStatus['tier']): readonly string[] {
  return warningsAt(0, stateWith(labels, tier))
}

function warningsAt(nowMs: number, state: MasterState): readonly string[] {
  const link = { connected: () => true }
  const clock = { monoMs: () => nowMs, wallMs: () => nowMs }
  const history = () => ({ state: 'written' })
  const facts = {
    state,
    clock,
    link,
    leads: true,
    isSettled: () => true,
    ownKey: PublicKey.parse(`U${'A'.repeat(55)}`),
    rejected: () => 0,
    policyFileProblem: () => undefined,
    history,
  }
  return warningsOf(facts).map(({ what }) => what)
}

function stateWith(labels: Record<string, string>, tier: EdgeStatus['tier']): MasterState {
  const state = new MasterState({ policy, digest })
  state.hear(exampleSnapshot(exampleStamp('alpha', 1), [shop(labels)]))
  const edge = EdgeId.parse('front')
  const status: EdgeStatus = {
    v: 1,
    site: SiteId.parse('main'),
    edge,
    instance: InstanceId.parse('e'),
    name: 'front',
    addresses: [],
    httpPort: 8_080,
    epochMax: 1,
    outcome: { kind: 'none' },
    tier,
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: 0,
  }
  state.edges.set(edge, { status, monoMs: 0 })
  return state
}

test('a hold that an edge cannot give is warned of, and no other', () => {
  assert.deepEqual(warned(hold, 'live'), [])
  assert.deepEqual(warned({}, 'reload'), [])
  const [only = '', ...others] = warned(hold, 'reload')
  assert.match(only, /asks for roadstead\.hold, which has no effect at edge front/)
  assert.deepEqual(others, [])
})

test('a host with more images than it may tell is warned of', () => {
  const state = new MasterState({ policy, digest })
  state.hear(exampleSnapshot(exampleStamp('alpha', 1), []))
  state.stock.hear(exampleImages('alpha', 1, []))
  assert.deepEqual(warningsAt(0, state), [])
  state.stock.hear(exampleImages('alpha', 2, [], { untold: 7 }))
  const [only = '', ...others] = warningsAt(0, state)
  assert.match(only, /^Host alpha has 7 images more/)
  assert.deepEqual(others, [])
})

test('while no policy has claims, several hosts are warned of', () => {
  const state = new MasterState({ policy, digest })
  const warned = () => warningsAt(0, state)
  const decide = (document: PolicyDecision['document']): void => {
    const decision = { kind: 'policy', text: '', document, digest: '', by: '', since: '' } as const
    state.hear({ kind: 'decision', key: POLICY_KEY, decision })
  }

  state.hear(exampleSnapshot(exampleStamp('alpha', 1), []))
  assert.deepEqual(warned(), [])
  state.hear(exampleSnapshot(exampleStamp('beta', 1), []))
  const open = ['Any of the hosts may claim any free domain.']
  assert.deepEqual(warned(), open)
  decide({ limits: {} })
  assert.deepEqual(warned(), open)
  decide({ claims: [] })
  assert.deepEqual(warned(), [])
  decide({ claims: [], 'a word of tomorrow': 1 })
  assert.match(warned()[0] ?? '', /words that this master does not know/)
})

test('an edge that is lost is named, and one that may be starting again is not', () => {
  const state = stateWith({}, 'live')
  assert.deepEqual(warningsAt(44_000, state), [])
  const [lost = '', ...others] = warningsAt(45_000, state)
  assert.match(lost, /Edge front is lost: .* no stop or restart waits for it/)
  assert.deepEqual(others, [])
})

test('certificates that an edge does not take, and that are about to end in its folder, are said', () => {
  const state = stateWith({}, 'live')
  const edge = EdgeId.parse('front')
  const day = 86_400_000
  const served = (endsMs: number) => ({
    names: [RouteDomain.parse('a.test')],
    namesTotal: 1,
    issuer: 'an authority',
    notBefore: new Date(0).toISOString(),
    notAfter: new Date(endsMs).toISOString(),
  })
  const list = [
    { name: 'broken.crt', source: 'folder', problem: 'it is empty' },
    { name: 'old.crt', source: 'folder', served: served(-day) },
    { name: 'soon.crt', source: 'folder', served: served(9 * day) },
    { name: 'late.crt', source: 'folder', served: served(90 * day) },
    // The masters say this of their own certificate, once for all edges.
    { name: 'kept', source: 'object', served: served(-day) },
  ] as const
  const heard = state.edges.get(edge)
  assert.ok(heard)
  const certificates = { total: 5, problem: 'it cannot be read: EACCES', list: [...list] }
  state.edges.set(edge, { ...heard, status: { ...heard.status, certificates } })
  const said = warningsAt(0, state)
  assert.equal(said.length, 4)
  assert.match(
    `${said[0]}`,
    /^Edge front cannot look at its certificates: it cannot be read: EACCES/,
  )
  assert.match(`${said[1]}`, /^The certificate broken\.crt of edge front is not taken: it is empty/)
  assert.match(`${said[2]}`, /^The certificate old\.crt of edge front expired on 1969-12-31/)
  assert.match(`${said[3]}`, /^The certificate soon\.crt of edge front expires in 9 days/)
})

test('a drain-aware socket that its agent cannot serve is said, as long as the agent is there', () => {
  const state = stateWith({}, 'live')
  const beat: Heartbeat = {
    v: 1,
    stamp: exampleStamp('alpha', 1),
    stateHash: ShortHash.parse('0'.repeat(16)),
    engine: 'answering',
    engineSince: '',
    socketProblem: 'something else is at /run/d.sock',
    spooled: 0,
    nonce: '0'.repeat(32),
    sentAtMs: 0,
    stopping: false,
  }
  const heard = { atMs: 0, skewMs: 0, disagreements: 0 }
  state.hearHost(beat.stamp.host, { ...heard, beat })
  const [problem = '', ...others] = warningsAt(1_000, state)
  assert.match(problem, /^Host alpha does not serve .*: something else is at \/run\/d\.sock$/)
  assert.deepEqual(others, [])
  assert.deepEqual(warningsAt(16_000, state), [])
  const unseen = HostId.parse('never-seen')
  const down = { ...beat, engine: 'unreachable', engineProblem: 'ca.pem is wrong' } as const
  state.hearHost(unseen, { ...heard, beat: { ...down, socketProblem: undefined } })
  const [engine = ''] = warningsAt(1_000, state)
  assert.match(engine, /engine of host never-seen does not answer its agent: ca\.pem is wrong/)
  state.hearHost(unseen, { ...heard, beat: { ...beat, socketProblem: undefined } })
  const { socketProblem: _over, ...served } = beat
  state.hearHost(beat.stamp.host, { ...heard, beat: served })
  assert.deepEqual(warningsAt(1_000, state), [])
})

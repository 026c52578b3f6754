import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { connectRaw } from '../rig/admin.ts'
import { eventually } from '../rig/eventually.ts'
import { type Enrolled, NatsRig } from '../rig/nats.ts'
import { aQuestion } from './bus.samples.ts'

/**
 * Every identity tries every subject, on a real server, in every way: publish, subscribe, subscribe in
 * a queue, subscribe by wildcard. What is allowed is written out here by hand, so that a change of the
 * rendered lists has to be made twice, once knowingly.
 */
const EVERYONE = [
  { role: 'agent', id: 'h1' },
  { role: 'agent', id: 'h2' },
  { role: 'edge', id: 'e1' },
  { role: 'master', id: 'm1' },
  { role: 'master', id: 'm2' },
  { role: 'observer', id: 'o1' },
] as const

const STREAM_FILTERS = {
  EVT: 'rs.v1.evt.s1.>',
  SNAP: 'rs.v1.snap.s1.>',
  FACT: 'rs.v1.fact.s1.>',
  EDGE: 'rs.v1.edge.s1.>',
  KV_CTL: '$KV.CTL.>',
} as const
const STREAMS = Object.keys(STREAM_FILTERS)

const MAY_PUBLISH: Readonly<Record<string, readonly string[]>> = {
  'agent h1': [
    'rs.v1.evt.s1.h1.container.seen',
    'rs.v1.evt.s1.h1.news.container',
    'rs.v1.snap.s1.h1.0',
    'rs.v1.fact.s1.h1.images.0',
    'rs.v1.hb.s1.h1',
    'rs.v1.ask.s1.h1',
  ],
  'edge e1': [
    'rs.v1.edge.s1.e1.status',
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.t.s1.e1',
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.p.s1.e1.0',
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.o.s1.e1.users.team',
  ],
  'master m1': [
    'rs.v1.cmd.s1.h1',
    'rs.v1.cmd.s1.h2',
    'rs.v1.past.s1.m1',
    '$KV.CTL.lease',
    '$KV.CTL.d.drain.h1.all',
    '$KV.CTL.t.s1.e1',
    '$KV.CTL.p.s1.e1.0',
    '$KV.CTL.o.s1.e1.users.team',
    '$JS.API.STREAM.MSG.GET.KV_CTL',
    ...Object.entries(STREAM_FILTERS).flatMap(([stream, filter]) => [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}.c.${filter}`,
      `$JS.API.CONSUMER.INFO.${stream}.c`,
      `$JS.API.CONSUMER.DELETE.${stream}.c`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.c`,
    ]),
  ],
  'observer o1': [
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.t.s1.e1',
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.t.s1.e2',
    '$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.lease',
  ],
  'provisioner rig': [
    '$JS.API.INFO',
    ...STREAMS.flatMap((it) => [`$JS.API.STREAM.CREATE.${it}`, `$JS.API.STREAM.INFO.${it}`]),
  ],
}

const MAY_SUBSCRIBE: Readonly<Record<string, readonly string[]>> = {
  'agent h1': ['rs.v1.cmd.s1.h1', '_INBOX.a.h1.x', '_INBOX.a.h1.>'],
  'edge e1': [
    'rs.v1.ctl.t.s1.e1',
    'rs.v1.ctl.p.s1.e1.0',
    'rs.v1.ctl.p.s1.e1.*',
    '_INBOX.e.e1.x',
    '_INBOX.e.e1.>',
  ],
  'master m1': [
    'rs.v1.hb.s1.h1',
    'rs.v1.hb.s1.h2',
    'rs.v1.hb.s1.*',
    'rs.v1.ask.s1.h1',
    'rs.v1.ask.s1.h2',
    'rs.v1.ask.s1.*',
    'rs.v1.past.s1.m1',
    'rs.v1.past.s1.m2',
    'rs.v1.past.s1.*',
    'rs.v1.ctl.lease',
    '_INBOX.m.m1.x',
    '_INBOX.m.m1.>',
  ],
  'observer o1': [
    'rs.v1.hb.s1.h1',
    'rs.v1.hb.s1.h2',
    'rs.v1.hb.s1.*',
    'rs.v1.ctl.lease',
    'rs.v1.ctl.t.s1.e1',
    'rs.v1.ctl.t.s1.e2',
    'rs.v1.ctl.t.s1.*',
    '_INBOX.o.o1.x',
    '_INBOX.o.o1.>',
  ],
  'provisioner rig': ['_INBOX.p.rig.x', '_INBOX.p.rig.>'],
}

const PLAIN: readonly string[] = [
  ...['h1', 'h2'].flatMap((host) => [
    `rs.v1.evt.s1.${host}.container.seen`,
    `rs.v1.evt.s1.${host}.news.container`,
    `rs.v1.snap.s1.${host}.0`,
    `rs.v1.fact.s1.${host}.images.0`,
    `rs.v1.hb.s1.${host}`,
    `rs.v1.cmd.s1.${host}`,
    `rs.v1.ask.s1.${host}`,
    // The same names at another site are other hosts.
    `rs.v1.evt.s2.${host}.container.seen`,
    `rs.v1.hb.s2.${host}`,
    `rs.v1.ask.s2.${host}`,
    `rs.v1.cmd.s2.${host}`,
  ]),
  ...['e1', 'e2'].flatMap((edge) => [
    `rs.v1.edge.s1.${edge}.status`,
    `rs.v1.ctl.t.s1.${edge}`,
    `rs.v1.ctl.t.s2.${edge}`,
  ]),
  ...['s1.m1', 's1.m2', 's2.m1'].map((it) => `rs.v1.past.${it}`),
  'rs.v1.ctl.p.s1.e1.0',
  'rs.v1.ctl.o.s1.e1.users.team',
  'rs.v1.ctl.lease',
  'rs.v1.ctl.d.drain.h1.all',
  'rs.v2.anything',
  'anything',
  '$KV.CTL.lease',
  '$KV.CTL.d.drain.h1.all',
  '$KV.CTL.t.s1.e1',
  '$KV.CTL.p.s1.e1.0',
  '$KV.CTL.o.s1.e1.users.team',
  '$KV.OTHER.key',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.USER.INFO',
  '$JS.ACK.EVT.c.1.1.1.1.0',
  '$JS.EVENT.ADVISORY.STREAM.DELETED.EVT',
  ...['a.h1', 'a.h2', 'e.e1', 'm.m1', 'm.m2', 'o.o1', 'p.rig'].map((it) => `_INBOX.${it}.x`),
]

const API: readonly string[] = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.META.LEADER.STEPDOWN',
  ...STREAMS.flatMap((stream) => [
    ...[
      'STREAM.CREATE',
      'STREAM.UPDATE',
      'STREAM.INFO',
      'STREAM.DELETE',
      'STREAM.PURGE',
      'STREAM.SNAPSHOT',
      'STREAM.RESTORE',
      'STREAM.MSG.GET',
      'STREAM.MSG.DELETE',
      'STREAM.LEADER.STEPDOWN',
      'STREAM.PEER.REMOVE',
      'CONSUMER.NAMES',
      'CONSUMER.LIST',
      'CONSUMER.CREATE',
      'DIRECT.GET',
    ].map((call) => `$JS.API.${call}.${stream}`),
    ...['CREATE', 'INFO', 'DELETE', 'MSG.NEXT', 'DURABLE.CREATE', 'LEADER.STEPDOWN'].map(
      (call) => `$JS.API.CONSUMER.${call}.${stream}.c`,
    ),
    `$JS.API.CONSUMER.CREATE.${stream}.c.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.c.rs.v1.>`,
  ]),
  ...Object.entries(STREAM_FILTERS).map(
    ([stream, filter]) => `$JS.API.CONSUMER.CREATE.${stream}.c.${filter}`,
  ),
  ...[
    't.s1.e1',
    't.s1.e2',
    'p.s1.e1.0',
    'o.s1.e1.users.team',
    'o.s1.e2.users.team',
    'd.object.users.team',
    'lease',
  ].map((key) => `$JS.API.DIRECT.GET.KV_CTL.$KV.CTL.${key}`),
]

const WILDCARDS: readonly string[] = [
  '>',
  '*',
  'rs.>',
  'rs.v1.>',
  'rs.v1.evt.>',
  'rs.v1.snap.>',
  'rs.v1.fact.>',
  'rs.v1.hb.>',
  'rs.v1.hb.*.h1',
  'rs.v1.hb.s1.*',
  'rs.v1.cmd.>',
  'rs.v1.cmd.s1.*',
  'rs.v1.ask.>',
  'rs.v1.ask.s1.*',
  'rs.v1.ask.*.h1',
  'rs.v1.past.>',
  'rs.v1.past.s1.*',
  'rs.v1.past.*.m1',
  'rs.v1.ctl.>',
  'rs.v1.ctl.t.s1.*',
  'rs.v1.ctl.p.s1.e1.*',
  'rs.v1.ctl.p.s1.*.*',
  'rs.v1.edge.>',
  '$KV.>',
  '$JS.>',
  '$JS.API.>',
  '$SYS.>',
  '_INBOX.>',
  '_INBOX.a.>',
  '_INBOX.*.*.>',
  ...['a.h1', 'a.h2', 'e.e1', 'm.m1', 'm.m2', 'o.o1', 'p.rig'].map((it) => `_INBOX.${it}.>`),
]

test('every identity may say and hear what is on its list, and nothing else', async (t) => {
  await using nats = await NatsRig.start({ users: EVERYONE })
  let tried = 0
  for (const { role, id } of [...EVERYONE, { role: 'provisioner', id: 'rig' } as const]) {
    if (id === 'h2' || id === 'm2') continue
    const who = `${role} ${id}`
    const user = nats.user(role, id)

    const said = await allowedToPublish(user, [...PLAIN, ...API])
    const heard = await allowedToSubscribe(user, [...PLAIN, ...API, ...WILDCARDS])
    const inQueue = await allowedToSubscribe(user, [...PLAIN, ...API, ...WILDCARDS], 'q')

    assert.deepEqual(said.toSorted(), [...(MAY_PUBLISH[who] ?? [])].toSorted(), `${who} publishes`)
    const expected = [...(MAY_SUBSCRIBE[who] ?? [])].toSorted()
    assert.deepEqual(heard.toSorted(), expected, `${who} subscribes`)
    assert.deepEqual(inQueue.toSorted(), expected, `${who} subscribes in a queue`)
    tried += 3 * (PLAIN.length + API.length) + 2 * WILDCARDS.length
  }
  t.diagnostic(`${tried} attempts`)
})

test('whoever is asked may answer once, and an edge cannot even hear the question', async () => {
  await using nats = await NatsRig.start({ users: EVERYONE })
  const [agent, master, edge] = [
    nats.user('agent', 'h1'),
    nats.user('master', 'm1'),
    nats.user('edge', 'e1'),
  ]
  await using asking = await connectRaw(agent, inboxPrefixOf('agent', 'h1'))
  await using answering = await connectRaw(master, inboxPrefixOf('master', 'm1'))
  assert.deepEqual(await allowedToSubscribe(edge, ['rs.v1.ask.s1.*', 'rs.v1.ask.s1.h1']), [])
  const told: string[] = []
  using _answers = asking.subscribe('_INBOX.a.h1.reply', (message) => told.push(message.string()))
  using _questions = answering.subscribe('rs.v1.ask.s1.*', (message) => {
    message.respond('first')
    message.respond('second')
    if (message.string() === '') answering.client()?.publish('_INBOX.a.h1.reply', 'unasked')
  })
  await answering.client()?.flush()

  const reply = '_INBOX.a.h1.reply'
  asking.client()?.publish('rs.v1.ask.s1.h1', '', { reply })
  await eventually('an answer', () => told.length > 0, { withinMs: 10_000 })
  asking.client()?.publish('rs.v1.ask.s1.h1', 'again', { reply })
  await eventually('another', () => told.length > 1, { withinMs: 10_000 })

  assert.deepEqual(told, ['first', 'first'])
})

test('an answer goes to the inbox of the asker, whatever the question says', async () => {
  await using nats = await NatsRig.start({ users: EVERYONE })
  const params = { ...nats.user('master', 'm1'), site: nats.site, clock, random, log }
  await using master = connectMasterBus({ ...params, id: MasterId.parse('m1') })
  await using asking = await connectRaw(nats.user('agent', 'h1'), inboxPrefixOf('agent', 'h1'))
  const [own, elsewhere] = ['_INBOX.a.h1.reply', 'rs.v1.cmd.s1.h1']
  const told: string[] = []
  using _own = asking.subscribe(own, ({ subject }) => told.push(subject))
  using _elsewhere = asking.subscribe(elsewhere, ({ subject }) => told.push(subject))
  const heard: string[] = []
  const stop = new AbortController()
  const serving = master.serveLetGo(async ({ hold }) => {
    heard.push(hold)
    return { kind: 'wait', why: '' }
  }, stop.signal)
  const [first, second, last] = ['1', '2', '3'].map((hold) => aQuestion(HostId.parse('h1'), hold))
  const ask = (question: unknown, reply: string): void =>
    asking.client()?.publish('rs.v1.ask.s1.h1', JSON.stringify(question), { reply })
  const isAnswered = (): boolean => {
    ask(first, own)
    return told.length > 0
  }
  await eventually('an answer', isAnswered, { withinMs: 10_000 })

  for (const reply of [elsewhere, '$KV.CTL.lease', 'rs.v1.evt.s1.h2.x', '_INBOX.a.h2.reply']) {
    ask(second, reply)
  }
  ask(last, own)
  await eventually('the last', () => heard.includes(last?.hold ?? ''), { withinMs: 10_000 })
  await asking.client()?.flush()

  assert.ok(!heard.includes(second?.hold ?? ''))
  assert.ok(!told.includes(elsewhere))
  stop.abort()
  await serving
})

test('without a key, or with an unknown one, nobody gets in', async () => {
  await using nats = await NatsRig.start()
  await using stranger = await NatsRig.start({ users: [{ role: 'master', id: 'm1' }] })
  const unknown = { ...stranger.user('master', 'm1'), natsUrl: nats.url }

  await assert.rejects(connectRaw(unknown), /not within/)
  assert.match(await greetWithoutKey(nats.url), /-ERR 'Authorization Violation'/)
})

test('an identity that joins is let in without a restart, and nobody is cut off', async () => {
  await using nats = await NatsRig.start({ users: [{ role: 'agent', id: 'h1' }] })
  await using before = await connectRaw(nats.user('agent', 'h1'), inboxPrefixOf('agent', 'h1'))
  let changes = 0
  using _changes = before.link.onChange(() => (changes += 1))

  const joined = await nats.enroll('agent', 'h3')

  assert.deepEqual(await allowedToPublish(joined, ['rs.v1.hb.s1.h3', 'rs.v1.hb.s1.h1']), [
    'rs.v1.hb.s1.h3',
  ])
  assert.equal(changes, 0)
})

async function greetWithoutKey(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = createConnection({ host: hostname, port: Number(port) })
  socket.write('CONNECT {"verbose":false}\r\nPING\r\n')
  return text(socket)
}

/** The server answers each refusal with an error that quotes the subject. */
async function allowedToPublish(user: Enrolled, subjects: readonly string[]): Promise<string[]> {
  await using connection = await connectRaw(user, inboxPrefixOf(user.role, user.id))
  const client = connection.client()
  assert.ok(client)
  const refused = new Set<string>()
  const listening = (async () => {
    for await (const status of client.status()) {
      if (status.type !== 'error') continue
      refused.add(/Publish to "(.*)"/.exec(status.error.message)?.[1] ?? status.error.message)
    }
  })()
  for (const subject of subjects) client.publish(subject)
  await client.flush()
  await eventually('the last refusal', () => refused.size > 0, { withinMs: 10_000 })
  await client.flush()
  await client.close()
  await listening
  return subjects.filter((subject) => !refused.has(subject))
}

async function allowedToSubscribe(
  user: Enrolled,
  subjects: readonly string[],
  queue?: string,
): Promise<string[]> {
  await using connection = await connectRaw(user, inboxPrefixOf(user.role, user.id))
  const client = connection.client()
  assert.ok(client)
  const refused = new Set<string>()
  for (const subject of subjects) {
    const options = queue === undefined ? {} : { queue }
    client.subscribe(subject, {
      ...options,
      callback: (error) => {
        if (error !== null) refused.add(subject)
      },
    })
  }
  await client.flush()
  await eventually('the first refusal', () => refused.size > 0, { withinMs: 10_000 })
  await client.flush()
  return subjects.filter((subject) => !refused.has(subject))
}

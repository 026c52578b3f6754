/**
 * Labels that try to be more than data. Real: a Docker Engine that carries them, its agent,
 * nats-server, a master, an edge with its nginx. Each hostile container is refused with a reason or
 * routed by exactly what it says, a neighbour is served all the while, and no word of a label is ever
 * in a file that nginx reads.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const CANARY = 'zzcanary'

const HOSTS = [
  `a.example.com; return 200 ${CANARY}`,
  `a.example.com } server { listen 80; return 200 ${CANARY}; }`,
  `a.example.com\n${CANARY} on;`,
  `a.example.com\r\nX-${CANARY}: 1`,
  `a.example.com #${CANARY}`,
  `"${CANARY}".example.com`,
  `'${CANARY}.example.com'`,
  `~^(?<${CANARY}>.*)$`,
  `*.${CANARY}.example.com`,
  `.${CANARY}.example.com`,
  `$host.${CANARY}.com`,
  `\${${CANARY}}.example.com`,
  `${CANARY.toUpperCase()}.EXAMPLE.COM`,
  `${CANARY}.example.com:80`,
  `${CANARY}.example.com/path`,
  `http://${CANARY}.example.com`,
  `${CANARY}..example.com`,
  `-${CANARY}.example.com`,
  `${CANARY}\u0000.example.com`,
  `${CANARY}\u202e.example.com`,
  `${CANARY}.exаmple.com`,
  `xn--${CANARY}-.example.com`,
  `${CANARY}`,
  `127.0.0.1`,
  `${CANARY.repeat(40)}.example.com`,
  ` ${CANARY}.example.com`,
  `{{ .${CANARY} }}`,
  `<script>${CANARY}</script>`,
  `../../${CANARY}`,
  `default_server`,
]

const OTHERS: readonly Record<string, string>[] = [
  { 'roadstead.path': `/x; ${CANARY}` },
  { 'roadstead.path': `/../${CANARY}` },
  { 'roadstead.path': `/a b ${CANARY}` },
  { 'roadstead.path': `/%2e%2e/${CANARY}` },
  { 'roadstead.path': `/${CANARY}"` },
  { 'roadstead.path': `/$uri${CANARY}` },
  { 'roadstead.path': `/~${CANARY} {` },
  { 'roadstead.port': `80; ${CANARY}` },
  { 'roadstead.port': '0x50' },
  { 'roadstead.port': '99999' },
  { 'roadstead.service': `../${CANARY}` },
  { 'roadstead.service': `a;${CANARY}` },
  { 'roadstead.enable': `true; ${CANARY}` },
  { 'roadstead.http.x.match': `regex ${CANARY}`, 'roadstead.http.x.host': 'm.example.com' },
  { [`roadstead.http.${CANARY};.host`]: 'k.example.com' },
  { 'roadstead.http.x.snippet': `return 200 ${CANARY};`, 'roadstead.http.x.host': 's.example.com' },
]

test('no label is more than data', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'] })
  const { engine } = rig.host('alpha')
  await engine.run('good', { labels: { 'roadstead.host': 'good.example.com' } })
  await answeredBy(rig, 'good.example.com', 'good')
  await using visitor = Visitor.a(visitOf(rig.edge(), 'good.example.com', { by: () => ['good'] }))

  const sets = [
    ...HOSTS.map((host) => ({ 'roadstead.host': host })),
    ...OTHERS.map((labels, index) => ({ 'roadstead.host': `n${index}.example.com`, ...labels })),
  ]
  // Created and never started: what they ask for is judged all the same, and two cores are few.
  for (const [index, labels] of sets.entries()) await engine.create(`evil-${index}`, { labels })

  await rig.step('each of them is refused, with the reason', async () => {
    const { leader } = await rig.leader()
    const unjudged = async () => {
      const containers = await leader.api.containers()
      return sets.flatMap((labels, index) => {
        const container = containers.find((it) => it.name === `evil-${index}`)
        const refused = container?.verdicts.some(
          ({ reason }) => reason !== 'routed' && reason !== 'not-running',
        )
        return refused === true ? [] : [JSON.stringify(labels)]
      })
    }
    await eventually(
      'all are judged',
      async () => {
        const left = await unjudged()
        if (left.length > 0) throw new Error(`not refused: ${left.join('\n')}`)
        return true
      },
      { withinMs: 15_000 },
    )
  })

  await rig.step('a change still reaches visitors, and the neighbour lost nothing', async () => {
    await engine.run('next', { labels: { 'roadstead.host': 'next.example.com' } })
    await answeredBy(rig, 'next.example.com', 'next')
    assertNothingLost(await visitor.leave())
  })

  await rig.step('no file of nginx holds a word of theirs', () => {
    const files = filesBelow(rig.edge().stateDir).filter((file) => file.endsWith('.conf'))
    assert.ok(files.length > 0)
    for (const file of files) {
      assert.ok(!readFileSync(file, 'utf8').toLowerCase().includes(CANARY), file)
    }
    return Promise.resolve()
  })
})

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
}

/**
 * Certificates and users that masters keep: given once, served by every edge in both tiers, replaced
 * without a break, served by an edge that starts alone, and readable nowhere but at edges. Real:
 * nats-server, a master, two edges with their nginx; a simulated engine.
 */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { edgeListens, startCli } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { certificateFor, type Pair, shownAt, statusOverTls } from '../rig/tls.ts'

const DOMAIN = 'shop.example.com'
const SOON = { withinMs: 15_000 }
const HASH = 'ann:$apr1$x$0hash0that0nobody0may0see'

test('certificates that masters keep', async (t) => {
  await using rig = await Rig.start(t, {
    hosts: ['alpha'],
    engine: 'simulated',
    edges: 2,
    tier: ['live', 'reload'],
    https: true,
  })
  const { leader } = await rig.leader()
  const files = mkdtempSync(path.join(tmpdir(), 'roadstead-pair-'))
  t.after(() => rmSync(files, { recursive: true }))
  let commands = 0

  async function roadstead(...words: readonly string[]) {
    const env = { ROADSTEAD_SERVER: leader.api.url, ROADSTEAD_TOKEN: rig.token }
    const running = startCli(rig.folder, `cli-${(commands += 1)}`, words, env)
    const { code } = await running.finished
    return { code, said: `${running.lines().join('\n')}\n${running.tail()}` }
  }
  async function set(pair: Pair) {
    const [cert, key] = [path.join(files, 'chain.pem'), path.join(files, 'key.pem')]
    writeFileSync(cert, pair.chain)
    writeFileSync(key, pair.key)
    return roadstead('certificates', 'set', 'shop', '--cert', cert, '--key', key)
  }
  async function shownEverywhere({ chain }: Pair) {
    const print = new X509Certificate(chain).fingerprint256
    for (const { httpsPort } of rig.edges) {
      const isShown = async () => (await shownAt(httpsPort, DOMAIN)) === print
      await eventually('it is shown', isShown, SOON)
    }
  }
  const first = certificateFor(DOMAIN)
  const second = certificateFor(DOMAIN, `*.${DOMAIN}`)

  await rig.step('one that is given to a master is shown at every edge', async () => {
    await rig.host('alpha').engine.run('shop', { labels: { 'roadstead.host': DOMAIN }, port: 8080 })
    for (const edge of [0, 1]) await answeredBy(rig, DOMAIN, 'shop', { edge })
    const { code, said } = await set(first)
    assert.equal(code, 0, said)
    await shownEverywhere(first)
    for (const { httpsPort } of rig.edges) {
      const isServed = async () => (await statusOverTls(httpsPort, DOMAIN, first)) === 200
      await eventually('and the route is served', isServed, SOON)
    }
    const isTold = async () => {
      const { items } = await leader.api.get('/api/v1/objects', listOf(ObjectView))
      assert.deepEqual(
        items.map(({ name, edges }) => [name, edges.map(({ state }) => state)]),
        [['shop', ['current', 'current']]],
      )
      return true
    }
    await eventually('the edges tell that they have it', isTold, SOON)
  })

  await rig.step('one whose key does not fit changes nothing', async () => {
    const { code, said } = await set({ chain: second.chain, key: first.key })
    assert.equal(code, 2, said)
    assert.match(said, /not that of the certificate/)
    await shownEverywhere(first)
  })

  await rig.step('one that is replaced is shown instead', async () => {
    const { code, said } = await set(second)
    assert.equal(code, 0, said)
    await shownEverywhere(second)
  })

  await rig.step('keys and hashes are in the open at edges, and nowhere else', async () => {
    const body = { lines: [HASH] }
    await leader.api.call('PUT', '/api/v1/objects/users/team', body)
    const isAt = (edge: string) => () =>
      found(rig.folder.path, HASH).some((it) => it.includes(edge))
    for (const { name } of rig.edges) await eventually('the edge has it', isAt(name), SOON)
    for (const secret of [HASH, ...[first, second].map(({ key }) => key.split('\n')[1] ?? '')]) {
      const elsewhere = found(rig.folder.path, secret).filter((it) => !it.startsWith('edge-'))
      assert.deepEqual(elsewhere, [])
    }
    const seen = await Promise.all([
      leader.api.metrics(),
      ...['objects', 'decisions', 'events', 'events/audit', 'status'].map(async (what) =>
        JSON.stringify(await leader.api.call('GET', `/api/v1/${what}`)),
      ),
    ])
    assert.doesNotMatch(seen.join(''), /0hash0|PRIVATE KEY|"sealed"/)
    assert.match(seen[0], /roadstead_certificate_expiry_timestamp_seconds\{certificate="shop"\} 1/)
  })

  await rig.step('edges that start anew with nobody above them show it, too', async () => {
    await rig.bus.kill()
    await Promise.all(rig.masters.map(({ process }) => process.kill()))
    for (const edge of rig.edges) {
      await edge.process.stop()
      await edge.process.restart()
      await edgeListens(edge)
    }
    await shownEverywhere(second)
  })
})

/** Files of this folder that hold a text, by their path in it. */
function found(folder: string, text: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readIfThere(file).includes(text))
    .map((file) => path.relative(folder, file))
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    // What comes and goes while the parts run.
    return Buffer.alloc(0)
  }
}

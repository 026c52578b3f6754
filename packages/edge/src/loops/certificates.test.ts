import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import https from 'node:https'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { text } from 'node:stream/consumers'
import {
  Bench,
  type BenchTier,
  eventually,
  inTempFolder,
  TIERS,
  webServer,
} from '../testing/bench.ts'
import { Authority, type Pair, putFile, putPair } from '../testing/certificates.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { TlsVisitor } from '../testing/tls-visitor.ts'

const authority = new Authority()
const DAY_MS = 24 * 60 * 60 * 1_000
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS)

/** Certificates come, go and are replaced, on a real nginx in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => certificates(tier))

function certificates(tier: BenchTier): void {
  test('one that is replaced is shown to the next visitor, and no answer is lost', async () => {
    await using at = await place(tier, { 'a.test': authority.pair(['a.test']) })
    using load = at.load()
    await eventually(() => load.answers > 50)
    for (let round = 0; round < 3; round += 1) {
      const next = authority.pair(['a.test'])
      await putPair(at.folder, 'a.test', next)
      at.look()
      await eventually(async () => (await at.visitor.shown('a.test')) === printOf(next))
    }
    const count = load.answers
    await eventually(() => load.answers > count + 50)
    assert.deepEqual(load.failures, [])
    assert.equal(at.bench.state.outcome.kind, 'applied')
  })

  test('a key that is not that of the certificate changes nothing, and is told', async () => {
    const good = authority.pair(['a.test'])
    await using at = await place(tier, { 'a.test': good })
    const [next, stranger] = [authority.pair(['a.test']), authority.pair(['a.test'])]
    await putPair(at.folder, 'a.test', { chain: next.chain, key: stranger.key })
    at.look()
    await eventually(() => at.told()[0]?.problem !== undefined)
    assert.equal(await at.visitor.shown('a.test'), printOf(good))
    assert.match(`${at.told()[0]?.problem}`, /^the key is not that of the first certificate/)
    assert.deepEqual(at.told()[0]?.served?.names, ['a.test'])
    // The other half arrives.
    await putFile(join(at.folder, 'a.test.key'), next.key)
    at.look()
    await eventually(async () => (await at.visitor.shown('a.test')) === printOf(next))
    assert.equal(at.told()[0]?.problem, undefined)
  })

  test('a table goes on changing beside certificates that nginx does not take', async () => {
    const weak = authority.pair(['a.test'], { rsaBits: 1_024 })
    const [b, c] = [authority.pair(['b.test']), authority.pair(['c.test'])]
    await using at = await place(tier, { weak, b, c })
    assert.match(`${at.told()[0]?.problem}`, /^nginx does not take it: ee key too small$/)
    assert.match(await at.visitor.shown('a.test'), /UNRECOGNIZED_NAME/)
    assert.equal(await at.visitor.shown('b.test'), printOf(b))
    await at.bench.apply(table([service('shop', endpoint(at.port))], [route('b.test/x', 'shop')]))
    assert.equal((await at.visitor.get('b.test', '/x')).status, 200)
  })

  test('files that are no pair are told, each with why', async () => {
    const pair = authority.pair(['a.test'])
    await using at = await place(tier, {
      nokey: { chain: pair.chain, key: '' },
      nochain: { chain: 'hello', key: pair.key },
      locked: { chain: pair.chain, key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\n' },
      nameless: authority.pair([]),
    })
    await rm(join(at.folder, 'nokey.key'))
    await putFile(join(at.folder, 'notes.txt'), 'not a certificate')
    at.look()
    await eventually(() => at.told().some(({ problem }) => problem?.includes('ENOENT')))
    assert.deepEqual(
      at.told().map(({ name, problem = '', served }) => [name, problem.slice(0, 34), served]),
      [
        ['locked.crt', 'its key asks for a password: take ', undefined],
        ['nameless.crt', 'it names no host: DNS names are re', undefined],
        ['nochain.crt', 'there is no certificate in PEM in ', undefined],
        ['nokey.crt', 'nokey.key cannot be read: ENOENT', undefined],
      ],
    )
  })

  test('of several for a name one that is valid is shown, the one that ends last', async () => {
    const long = authority.pair(['a.test'], { notAfter: inDays(90) })
    await using at = await place(tier, {
      'a-old': authority.pair(['a.test'], { notBefore: inDays(-9), notAfter: inDays(-1) }),
      'b-short': authority.pair(['a.test'], { notAfter: inDays(30) }),
      'c-long': long,
      'd-future': authority.pair(['a.test'], { notBefore: inDays(5), notAfter: inDays(400) }),
    })
    assert.equal(await at.visitor.shown('a.test'), printOf(long))
  })

  test('one that has ended is shown while there is no other, and its end is told', async () => {
    const ended = authority.pair(['a.test'], { notBefore: inDays(-9), notAfter: inDays(-1) })
    await using at = await place(tier, { ended })
    assert.equal(await at.visitor.shown('a.test'), printOf(ended))
    const [told] = at.told()
    assert.equal(told?.problem, undefined)
    assert.ok(Date.parse(`${told?.served?.notAfter}`) < Date.now())
    assert.equal(told?.served?.issuer, 'Authority of a test')
  })

  test('names can be taken away, and a folder that cannot be read takes none away', async () => {
    const one = authority.pair(['a.test'])
    await using at = await place(tier, { one })
    await putFile(join(at.folder, 'two/fullchain.pem'), one.chain)
    await putFile(join(at.folder, 'two/privkey.pem'), one.key)
    await rm(join(at.folder, 'one.crt'))
    await rm(join(at.folder, 'one.key'))
    at.look()
    await eventually(() => at.told()[0]?.name === 'two/fullchain.pem')
    assert.equal(await at.visitor.shown('a.test'), printOf(one))
    await rename(at.folder, `${at.folder}-away`)
    at.look()
    await eventually(() => at.bench.state.certificateReport?.problem !== undefined)
    assert.equal(await at.visitor.shown('a.test'), printOf(one))
    assert.match(`${at.bench.state.certificateReport?.problem}`, /cannot be read: ENOENT/)
    await rename(`${at.folder}-away`, at.folder)
    await rm(join(at.folder, 'two'), { recursive: true })
    at.look()
    await eventually(async () => /UNRECOGNIZED_NAME/.test(await at.visitor.shown('a.test')))
  })

  test('keys are closed to others, and those that nothing names any more are gone', async () => {
    await using at = await place(tier, { a: authority.pair(['a.test']) })
    for (let round = 0; round < 3; round += 1) {
      const next = authority.pair(['a.test'])
      await putPair(at.folder, 'a', next)
      at.look()
      await eventually(async () => (await at.visitor.shown('a.test')) === printOf(next))
    }
    const nginx = join(at.bench.stateDir, 'nginx')
    const listed = async () =>
      (await readdir(nginx)).filter((name) => /^(?:key|certificate)-/.test(name))
    // Two files each: of those that are served, and of those before.
    await eventually(async () => (await listed()).length === 4)
    const names = await listed()
    for (const name of names) assert.equal((await stat(join(nginx, name))).mode & 0o777, 0o600)
    assert.deepEqual(await at.bench.opened.files.editedFiles(undefined), [])
    assert.equal((await stat(join(at.bench.stateDir, 'certificates.json'))).mode & 0o777, 0o600)
    assert.ok(!(await readdir(nginx)).includes('trial'))
  })

  test('the next life shows what this one did, though the folder is broken meanwhile', async () => {
    const pair = authority.pair(['a.test'])
    await using at = await place(tier, { a: pair })
    await at.bench.abandon()
    at.bench.opened.leaveRunning()
    await putFile(join(at.folder, 'a.key'), 'half a ke')
    const { stateDir, port, tlsPort } = at.bench
    await using again = await Bench.in(stateDir, port, { tier, certificates: at.folder, tlsPort })
    const { reloads } = again.state
    await eventually(() => again.state.inForce !== undefined && !again.isBusy())
    assert.equal(await at.visitor.shown('a.test'), printOf(pair))
    assert.equal((await at.visitor.get('a.test')).status, 200)
    assert.equal(again.state.reloads, reloads)
    assert.match(`${again.state.certificateReport?.list[0]?.problem}`, /no private key/)
  })
}

/** An edge with a folder of certificates, two domains and somebody to answer. */
async function place(tier: BenchTier, pairs: Readonly<Record<string, Pair>>) {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await inTempFolder())
  const folder = join(path, 'certificates')
  await putFile(join(folder, 'README'), '')
  for (const [name, pair] of Object.entries(pairs)) await putPair(folder, name, pair)
  const bench = stack.use(await Bench.start({ tier, certificates: folder }))
  const { port } = stack.use(await webServer('shop'))
  const routes = [
    route('a.test', 'shop'),
    route('b.test', 'shop', { settings: { compress: true } }),
  ]
  await bench.apply(table([service('shop', endpoint(port))], routes))
  const visitor = new TlsVisitor(bench.tlsPort, authority.certificate)
  const all = stack.move()
  return {
    folder,
    bench,
    visitor,
    port,
    told: () => bench.state.certificateReport?.list ?? [],
    /** The folder is looked at now, and not when its time comes. */
    look: () => bench.state.certificateBell.ring(),
    load: () => visits(bench.tlsPort, tier === 'live'),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/**
 * Visitors by HTTP/1.1, one after the other. In the reload tier connections that stay open are closed
 * at a reload, and a visitor asks again; so each request has its own there.
 */
function visits(port: number, keepAlive: boolean) {
  const failures: string[] = []
  const kept = new https.Agent({ keepAlive, maxSockets: 4 })
  const agent = keepAlive ? kept : false
  const load = { answers: 0, failures, [Symbol.dispose]: stop }
  let isOver = false
  const rounds = Array.from({ length: 4 }, () => visitOn())
  return load

  async function visitOn(): Promise<void> {
    while (!isOver) {
      await once().then(
        (status) => {
          if (status === 200) load.answers += 1
          else failures.push(String(status))
        },
        (error: unknown) => {
          if (!isOver) failures.push(String(error))
        },
      )
    }
  }

  async function once(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const at = { host: '127.0.0.1', port, servername: 'a.test', ca: authority.certificate }
    const where = { ...at, headers: { host: 'a.test' }, agent }
    const asked = https.get(where, (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject)
    })
    asked.on('error', reject)
    return promise
  }

  function stop(): void {
    isOver = true
    kept.destroy()
    void Promise.allSettled(rounds)
  }
}

function printOf({ chain }: Pair): string {
  return new X509Certificate(chain).fingerprint256
}

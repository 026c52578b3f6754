import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { openNginx } from '../../io/open-nginx.ts'
import { readPair } from '../../io/read-pair.ts'
import { arbitraryTable } from '../../testing/arbitrary.ts'
import { freePort, inTempFolder, TIERS } from '../../testing/bench.ts'
import { Authority } from '../../testing/certificates.ts'
import { plainView } from '../own-view.ts'
import { seal } from './envelope.ts'
import { render } from './render.ts'
import { readsAs } from './tokenize.ts'

/** As many as a slow test of nginx allows. */
const TRIED = 15

const authority = new Authority()
const read = [
  ['shop.test', '*.shop.test'],
  ['*.shop.test', '*.a.shop.test'],
  ['b.a.shop.test', 'c.a.shop.test', 'elsewhere.test'],
  ['*.test.test', '*.b.a.shop.test'],
].map((names, at) => {
  const pair = readPair(authority.pair(names), { name: String(at), source: 'folder' })
  if (pair.kind === 'broken') throw new Error(pair.why)
  return pair
})
const someCertificates = fc.shuffledSubarray(read.map(({ certificate }) => certificate))
const tls = { listen: '127.0.0.1:8443', port: 8443, http2: 'word' } as const
const settings = { listen: '127.0.0.1:8080', port: 8080, tls, digest: sha256 } as const

test('with certificates every rendering reads back, and does not depend on the one before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(arbitraryTable, someCertificates), { minLength: 2 }),
      fc.constantFrom(...TIERS),
      (steps, tier) => {
        let before: ReturnType<typeof render> | undefined
        for (const [it, certificates] of steps) {
          const view = { ...plainView, certificates }
          const next = render(it, view, { ...settings, tier }, before)
          assert.ok(readsAs(next.body, next.tree))
          assert.equal(next.body, render(it, view, { ...settings, tier }).body)
          before = next
        }
      },
    ),
  )
})

for (const tier of TIERS) {
  test(`${tier}: nginx takes any table beside any certificates, without a warning`, async () => {
    await using folder = await inTempFolder()
    const where = { stateDir: folder.path, httpBind: '127.0.0.1', httpPort: await freePort() }
    const how = { nginx: undefined, path: '', digest: sha256, clock, log } as const
    await using opened = await openNginx({
      ...where,
      ...how,
      httpsPort: await freePort(),
      tier: tier === 'live' ? 'auto' : tier,
    })
    opened.files.keys.hold(new Map(read.flatMap(({ files }) => [...files])))
    for (const [it, certificates] of fc.sample(fc.tuple(arbitraryTable, someCertificates), TRIED)) {
      const view = { ...plainView, certificates }
      const { body, files, streams } = render(it, view, opened.settings)
      await opened.files.stage(seal(body, sha256).text, files, streams.body)
      const { ended, output } = await opened.nginx.test()
      assert.deepEqual([ended, output], ['well', ''])
    }
  })
}

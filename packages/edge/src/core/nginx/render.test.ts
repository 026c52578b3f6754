import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { DomainName, PathPattern } from '@roadstead/shared/protocol/route.ts'
import { openNginx } from '../../io/open-nginx.ts'
import { freePort, inTempFolder, TIERS } from '../../testing/bench.ts'
import { arbitraryTable } from '../../testing/arbitrary.ts'
import { endpoint, plainTable, route, service, table } from '../../testing/tables.ts'
import { isMarked, markIn, withoutMark } from '../streams/stream-mark.ts'
import { plainView } from '../own-view.ts'
import { endpointKey, type EdgeTable } from '../table.ts'
import { seal } from './envelope.ts'
import { render } from './render.ts'
import { readsAs } from './tokenize.ts'

const settings = { listen: '127.0.0.1:8080', port: 8080, tier: 'reload', digest: sha256 } as const
const nothing = plainView

test('equal tables give equal bytes, in whatever order they came', () => {
  fc.assert(
    fc.property(arbitraryTable, (it) => {
      const { services, routes, streams } = it
      const mixed = table(services.toReversed(), routes.toReversed(), streams.toReversed())
      const [one, other] = [render(mixed, nothing, settings), render(it, nothing, settings)]
      assert.equal(one.body, other.body)
      assert.equal(one.streams.body, other.streams.body)
    }),
  )
})

test('every rendering reads back as its tree, in either tier', () => {
  fc.assert(
    fc.property(arbitraryTable, fc.constantFrom(...TIERS), (it, tier) => {
      const { body, tree, streams } = render(it, nothing, { ...settings, tier })
      assert.ok(readsAs(body, tree) && readsAs(streams.body, streams.tree))
      assert.ok(isMarked(body, streams.body, sha256))
      assert.ok(!isMarked(body, `${streams.body}#`, sha256))
      assert.equal(markIn(withoutMark(body)), '')
    }),
  )
})

test('in the live tier a text that builds on another one is the one made from nothing', () => {
  const users = fc.constantFrom(new Map(), new Map([['team', ['ann:x']]]), new Map([['team', []]]))
  fc.assert(
    fc.property(fc.array(fc.tuple(arbitraryTable, users), { minLength: 2 }), (steps) => {
      let before: ReturnType<typeof render> | undefined
      for (const [it, known] of steps) {
        const view = { ...nothing, users: known }
        const next = render(it, view, { ...settings, tier: 'live' }, before)
        const anew = render(it, view, { ...settings, tier: 'live' })
        assert.equal(next.body, anew.body)
        assert.deepEqual(next.files, anew.files)
        before = next
      }
    }),
  )
})

test('a service name is never rendered', () => {
  const it = table([service('secret-project', endpoint(1))], [route('a.test', 'secret-project')])
  assert.ok(!render(it, nothing, settings).body.includes('secret-project'))
})

test('an endpoint that is left out is not rendered, and nothing is rendered as down', () => {
  const two = table([service('s', endpoint(1), endpoint(2))], [route('a.test', 's')])
  const leftOut = new Set([endpointKey(two.services[0]?.id ?? '', endpoint(1))])
  const { body, peers } = render(two, { ...nothing, leftOut }, settings)
  assert.deepEqual([...peers.values()], [['127.0.0.1:2']])
  assert.ok(!body.includes('down'))
})

test('only services that a route leads to become upstreams', () => {
  const { body } = render(table([service('s', endpoint(1))], []), nothing, settings)
  assert.ok(!body.includes('upstream u_'))
})

test('on port 80 no request is asked which port it came by', () => {
  const it = table([service('s', endpoint(1))], [route('a.test', 's'), route('b.test/x', 's')])
  const { body } = render(it, nothing, { ...settings, listen: '0.0.0.0:80', port: 80 })
  assert.ok(body.includes('proxy_set_header Host $host;'))
  assert.ok(body.includes('proxy_set_header X-Forwarded-Port 80;'))
  assert.doesNotMatch(body, /proxy_set_header .*\$rs_port/)
})

test('an address of version 6 stands in brackets', () => {
  const it = table([service('s', endpoint(80, 'alpha', 'fd00::7'))], [route('a.test', 's')])
  assert.ok(render(it, nothing, settings).body.includes('server [fd00::7]:80 max_fails=0;'))
})

/** As many tables as fit into a test of some seconds; each is a run of the real program. */
const TABLES = 60

for (const tier of TIERS) {
  test(`${tier}: nginx takes whatever is rendered from a table`, async () => {
    await using folder = await inTempFolder()
    const port = await freePort()
    const where = { stateDir: folder.path, httpBind: '127.0.0.1', httpPort: port, nginx: undefined }
    await using opened = await openNginx({
      ...where,
      path: '',
      tier: tier === 'live' ? 'auto' : tier,
      digest: sha256,
      clock,
      log,
    })
    const view = { ...plainView, users: new Map([['team', ['ann:{PLAIN}x']]]) }
    const takes = async (it: EdgeTable) => {
      const { body, files, streams } = render(it, view, opened.settings)
      await opened.files.stage(seal(body, sha256).text, files, streams.body)
      const { ended, output } = await opened.nginx.test()
      // Not even a warning, such as one about two servers with one name.
      return { ended, output }
    }
    for (const it of [...fc.sample(arbitraryTable, TABLES), longest(), plainTable(2_000)]) {
      assert.deepEqual(await takes(it), { ended: 'well', output: '' })
    }
  })
}

/** The longest names and paths that the grammar lets through. */
function longest(): EdgeTable {
  const label = 'x'.repeat(63)
  const domain = DomainName.parse(`${label}.${label}.${label}.${'y'.repeat(61)}`)
  const path = PathPattern.parse(`/${Array.from({ length: 8 }, () => 'z'.repeat(60)).join('/')}`)
  const routes = [
    route('a.test', 's'),
    { ...route('b.test', 's'), domain },
    { ...route('c.test', 's'), path, stripPrefix: true },
  ]
  return table([service('s', endpoint(1))], routes)
}

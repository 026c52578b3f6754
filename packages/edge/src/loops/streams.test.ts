import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { data, directive } from '../core/nginx/directive.ts'
import { print } from '../core/nginx/print.ts'
import { render } from '../core/nginx/render.ts'
import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import { Bench, eventually, freePort, TIERS, webServer } from '../testing/bench.ts'
import { askTcp, askUdp, Conversation, tcpEcho, udpEcho } from '../testing/sockets.ts'
import { endpoint, ofStreams, route, service, stream, table } from '../testing/tables.ts'

for (const tier of TIERS) {
  test(`${tier}: connections to a port reach the endpoints of its service in turn`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    await using two = await tcpEcho('two')
    await using three = await tcpEcho('three')
    const listen = await freePort()
    const endpoints = [one, two, three].map(({ port }) => endpoint(port))
    const db = ofStreams('tcp', 'db', ...endpoints)
    await bench.apply(table([db], [], [stream('tcp', listen, 'db')]))
    const heard: string[] = []
    while (heard.length < 120) {
      heard.push(...(await Promise.all(Array.from({ length: 12 }, () => askTcp(listen)))))
    }
    const counts = Map.groupBy(heard, (said) => said)
    assert.deepEqual([...counts.keys()].sort(), ['one hello', 'three hello', 'two hello'])
    // Workers take turns together; a third is 40.
    for (const [said, { length }] of counts)
      assert.ok(length > 32 && length < 48, `${length} ${said}`)
  })

  test(`${tier}: a port that opens lets nobody in before there is somebody to serve him`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    const db = ofStreams('tcp', 'db', endpoint(one.port))
    const heard: string[] = []
    let isOpen = false
    // In most of these openings somebody comes while nginx tests the text.
    const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()))
    const visits = ports.map(async (port) => {
      while (!isOpen) heard.push(await askTcp(port))
    })
    for (const count of ports.keys()) {
      const streams = ports.slice(0, count + 1).map((port) => stream('tcp', port, 'db'))
      await bench.apply(table([db], [], streams))
    }
    isOpen = true
    await Promise.all(visits)
    heard.push(...(await Promise.all(ports.map((port) => askTcp(port)))))
    assert.deepEqual([...new Set(heard)].sort(), ['ECONNREFUSED', 'one hello'])
  })

  test(`${tier}: who leaves gets no new connection and keeps those it has`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    await using two = await tcpEcho('two')
    const listen = await freePort()
    const db = (...ports: readonly number[]) =>
      table(
        [ofStreams('tcp', 'db', ...ports.map((port) => endpoint(port)))],
        [],
        [stream('tcp', listen, 'db')],
      )
    await bench.apply(db(one.port))
    await using conversation = new Conversation(listen)
    assert.equal(await conversation.say('a'), 'one a')
    await bench.apply(db(two.port))
    assert.equal(await askTcp(listen), 'two hello')
    assert.equal(await conversation.say('b'), 'one b')
    await bench.apply(table([], [], []))
    assert.equal(await askTcp(listen), 'ECONNREFUSED')
    assert.equal(await conversation.say('c'), 'one c')
  })

  test(`${tier}: datagrams reach an endpoint and their answers come back`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await udpEcho('one')
    const listen = await freePort()
    const name = ofStreams('udp', 'dns', endpoint(one.port))
    await bench.apply(table([name], [], [stream('udp', listen, 'dns', { responses: 1 })]))
    const answers = await Promise.all(Array.from({ length: 20 }, () => askUdp(listen)))
    assert.deepEqual(new Set(answers), new Set(['one hello']))
  })

  test(`${tier}: a port that somebody else has costs its own stream alone`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    await using web = await webServer('web')
    const [taken, free] = [await freePort(), await freePort()]
    const blocker = createServer().listen(taken, '127.0.0.1')
    using _blocked = { [Symbol.dispose]: () => void blocker.close() }
    const services = [
      ofStreams('tcp', 'db', endpoint(one.port)),
      service('web', endpoint(web.port)),
    ]
    const streams = [stream('tcp', taken, 'db'), stream('tcp', free, 'db')]
    await bench.apply(table(services, [route('shop.test', 'web')], streams))
    assert.equal(await askTcp(free), 'one hello')
    assert.equal((await bench.get('shop.test')).status, 200)
    const [refused] = bench.state.refused.values()
    assert.equal(refused?.route.domain, `tcp:${taken}`)
    assert.equal(refused?.reason, `tcp port ${taken} is taken by another process on this machine`)
    blocker.close()
    await eventually(async () => (await askTcp(taken)) === 'one hello')
    assert.equal(bench.state.refused.size, 0)
  })

  test(`${tier}: an edge that finds the port taken at its start serves all the rest at once`, async () => {
    await using one = await tcpEcho('one')
    await using web = await webServer('web')
    const [taken, free] = [await freePort(), await freePort()]
    const services = [
      ofStreams('tcp', 'db', endpoint(one.port)),
      service('web', endpoint(web.port)),
    ]
    const streams = [stream('tcp', taken, 'db'), stream('tcp', free, 'db')]
    await using first = await Bench.start({ tier })
    await first.apply(table(services, [route('shop.test', 'web')], streams))
    await eventually(() => first.isKept())
    await first.abandon()
    await first.opened.nginx[Symbol.asyncDispose]()
    const blocker = createServer().listen(taken, '127.0.0.1')
    using _blocked = { [Symbol.dispose]: () => void blocker.close() }
    await using again = await Bench.in(first.stateDir, first.port, { tier })
    assert.equal((await again.get('shop.test')).status, 200)
    await eventually(async () => (await askTcp(free)) === 'one hello')
    assert.ok(again.state.refused.has(streamKey(stream('tcp', taken, 'db'))))
  })

  test(`${tier}: visitors from elsewhere are sent away, and the endpoint may be told who came`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    const [shut, open] = [await freePort(), await freePort()]
    const db = ofStreams('tcp', 'db', endpoint(one.port))
    const streams = [
      stream('tcp', shut, 'db', { allow: ['10.0.0.0/8', '2001:db8::/32'] }),
      stream('tcp', open, 'db', { allow: ['127.0.0.0/8'], proxyProtocol: 'v1' }),
    ]
    await bench.apply(table([db], [], streams))
    assert.match(await askTcp(shut), /^(?:closed|ECONNRESET)$/)
    assert.match(await askTcp(open), /^one PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 [0-9]+ [0-9]+\r\n/)
  })

  test(`${tier}: the port of the edge itself is nobody’s stream`, async () => {
    await using bench = await Bench.start({ tier })
    await using one = await tcpEcho('one')
    const db = ofStreams('tcp', 'db', endpoint(one.port))
    await bench.apply(table([db], [], [stream('tcp', bench.port, 'db')]))
    const [refused] = bench.state.refused.values()
    assert.equal(refused?.reason, `this edge answers HTTP on port ${bench.port}`)
    assert.equal((await bench.get('shop.test')).status, 404)
  })

  test(`${tier}: the next life of a killed edge takes streams over, with their connections`, async () => {
    await using one = await tcpEcho('one')
    const listen = await freePort()
    const db = ofStreams('tcp', 'db', endpoint(one.port))
    await using first = await Bench.start({ tier })
    await first.apply(table([db], [], [stream('tcp', listen, 'db')]))
    await eventually(() => first.isKept())
    await eventually(async () => (await askTcp(listen)) === 'one hello')
    await using conversation = new Conversation(listen)
    assert.equal(await conversation.say('a'), 'one a')
    await first.abandon()
    await using again = await Bench.in(first.stateDir, first.port, { tier })
    await eventually(() => again.state.rendering !== undefined)
    assert.equal(again.state.refused.size, 0)
    assert.equal(again.state.reloads, 0)
    assert.equal(await conversation.say('b'), 'one b')
    assert.equal(await askTcp(listen), 'one hello')
  })

  test(`${tier}: a stream that nginx does not take is left out, and all others change`, async () => {
    await using one = await tcpEcho('one')
    const [bad, good] = [await freePort(), await freePort()]
    // A directive that nginx does not know stands for whatever our grammar might let through one day.
    const draw: typeof render = (it, view, settings) => {
      const drawn = render(it, view, settings)
      const { streams } = drawn
      if (!streams.streams.has(streamKey(stream('tcp', bad, 'db')))) return drawn
      const wrong = directive('stream', [], [directive('location', [data('x')])])
      const tree = [...streams.tree, wrong]
      return { ...drawn, streams: { ...streams, tree, body: print(tree) } }
    }
    await using bench = await Bench.start({ tier, render: draw })
    const db = ofStreams('tcp', 'db', endpoint(one.port))
    await bench.apply(table([db], [], [stream('tcp', bad, 'db'), stream('tcp', good, 'db')]))
    await eventually(async () => (await askTcp(good)) === 'one hello')
    assert.deepEqual(
      [...bench.state.quarantine.values()].map(({ route: { domain } }) => domain),
      [`tcp:${bad}`],
    )
  })
}

test('a port that is taken just before nginx is told costs seconds, and then itself alone', async () => {
  await using one = await tcpEcho('one')
  const [taken, free] = [await freePort(), await freePort()]
  const blocker = createServer().listen(taken, '127.0.0.1')
  using _blocked = { [Symbol.dispose]: () => void blocker.close() }
  let looks = 0
  await using bench = await Bench.start({
    tier: 'reload',
    bend: (deps) => ({
      ...deps,
      ports: {
        isOwn: deps.ports.isOwn,
        troubleWith: async (listen) =>
          (looks += 1) <= 2 ? undefined : deps.ports.troubleWith(listen),
      },
    }),
  })
  const db = ofStreams('tcp', 'db', endpoint(one.port))
  bench.want(table([db], [], [stream('tcp', taken, 'db'), stream('tcp', free, 'db')]))
  await eventually(async () => (await askTcp(free)) === 'one hello', 20_000)
  assert.ok(bench.state.refused.has(streamKey(stream('tcp', taken, 'db'))))
})

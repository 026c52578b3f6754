/**
 * A private registry behind an edge: `auth: basic:<name>` names users that the masters keep, and
 * `docker login`, push and pull work through it in both tiers, also with nobody left above the edge.
 * Real: a Docker Engine with its agent, Debian's registry in a container, nats-server, a master, two
 * edges with their nginx, the docker command.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../rig/eventually.ts'
import { findProgram } from '../rig/image/host-files.ts'
import { tarOf } from '../rig/image/tar.ts'
import { registryImage } from '../rig/image/whoami.ts'
import { type Edge, edgeListens, startCli, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { visitOnce } from '../rig/visitor.ts'

const DOMAIN = 'registry.example.com'
const LAYER_BYTES = 200 * 1024 * 1024
const SOON = { withinMs: 20_000 }
const run = promisify(execFile)

test('a private registry behind an edge', async (t) => {
  await using rig = await Rig.start(t, {
    hosts: ['alpha'],
    edges: 2,
    tier: ['live', 'reload'],
    names: [DOMAIN],
  })
  const { engine } = rig.host('alpha')
  const [live, reload] = [rig.edge(0), rig.edge(1)]
  const home = rig.folder.folder('docker-cli')

  /** The docker command, beside that engine; its exit code and what it said. */
  async function docker(words: readonly string[], input = '') {
    const env = { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_CONFIG: home, PATH: '/usr/bin' }
    const running = run(findProgram('docker'), [...words], { env })
    running.child.stdin?.end(input)
    return running.then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      (error: unknown) => ({ code: 1, said: String(error) }),
    )
  }
  const place = ({ httpPort }: Edge) => `${DOMAIN}:${httpPort}`
  const login = (edge: Edge, word: string) =>
    docker(['login', '--username', 'ann', '--password-stdin', place(edge)], word)
  const comesIn = (edge: Edge) =>
    eventually(
      'who has the word comes in',
      async () => {
        const { code, said } = await login(edge, 'a good word')
        if (code !== 0) throw new Error(said)
        return true
      },
      SOON,
    )

  await rig.step('users are set, and the registry asks for them by name', async () => {
    const { leader } = await rig.leader()
    const file = path.join(home, 'word')
    writeFileSync(file, 'a good word\n')
    const words = ['users', 'set', 'registry', '--user', 'ann', '--password-file', file]
    const env = { ROADSTEAD_SERVER: leader.api.url, ROADSTEAD_TOKEN: rig.token }
    const setting = startCli(rig.folder, 'cli-users', words, env)
    assert.equal((await setting.exited).code, 0, setting.tail())
    const image = await registryImage()
    await engine.load(image)
    const labels = {
      'roadstead.http.r.host': DOMAIN,
      'roadstead.http.r.port': '5000',
      'roadstead.http.r.auth': 'basic:registry',
      'roadstead.http.r.body-size': '1g',
    }
    await engine.run('registry', { image: image.tag, port: 5_000, labels })
    for (const edge of [live, reload]) await comesIn(edge)
  })

  await rig.step('without the word nobody comes in', async () => {
    for (const edge of [live, reload]) {
      // Workers of the text before answer for a moment, and know no such name.
      await eventually(
        'a bad word is refused',
        async () => {
          const { code, said } = await login(edge, 'a bad word')
          if (!/401/.test(said)) throw new Error(said)
          return code === 1
        },
        SOON,
      )
      const strange = visitOf(edge, DOMAIN, { path: '/v2/' })
      const isRefused = async () => (await visitOnce(strange)).status === 401
      await eventually('so is a stranger', isRefused, SOON)
    }
  })

  await rig.step(
    'an image of 200 MB is pushed through one tier and pulled through the other',
    async () => {
      const archive = tarOf([{ path: 'blob', content: randomBytes(LAYER_BYTES), mode: 0o644 }])
      await engine.load({ tag: 'large:1', archive, changes: [] })
      const id = (await engine.api.getImage('large:1').inspect()).Id
      const [there, back] = [`${place(live)}/large:1`, `${place(reload)}/large:1`]
      for (const tag of [there, back]) await docker(['tag', 'large:1', tag])
      const pushed = await docker(['push', '--quiet', there])
      assert.equal(pushed.code, 0, pushed.said)
      for (const tag of ['large:1', there, back]) await docker(['rmi', tag])
      await assert.rejects(engine.api.getImage(id).inspect())
      const pulled = await docker(['pull', '--quiet', back])
      assert.equal(pulled.code, 0, pulled.said)
      assert.equal((await engine.api.getImage(back).inspect()).Id, id)
    },
  )

  await rig.step('an image is pushed through the other tier, too', async () => {
    const archive = tarOf([{ path: 'blob', content: randomBytes(1024 * 1024), mode: 0o644 }])
    const tag = `${place(reload)}/small:1`
    await engine.load({ tag: 'small:1', archive, changes: [] })
    await docker(['tag', 'small:1', tag])
    const pushed = await docker(['push', '--quiet', tag])
    assert.equal(pushed.code, 0, pushed.said)
  })

  await rig.step(
    'with nobody above them, edges that start anew let in whom they let in before',
    async () => {
      await rig.bus.kill()
      await Promise.all(rig.masters.map(({ process }) => process.kill()))
      for (const edge of [live, reload]) {
        await edge.process.stop()
        await edge.process.restart()
        await edgeListens(edge)
        await comesIn(edge)
        assert.match((await login(edge, 'a bad word')).said, /401/)
      }
    },
  )
})

/**
 * Containers that were written for nginx-proxy or Traefik are served as they are. Real: a Docker
 * Engine, its agent, which tells variables of the container from those of its image, nats-server, a
 * master, an edge with its nginx.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../rig/ask.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

test('labels and variables of other tools', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 1 })
  const { engine } = rig.host('alpha')
  const edge = rig.edge()

  await rig.step('nginx-proxy: a variable names the container, and two of them pool', async () => {
    const asked = { env: { VIRTUAL_HOST: 'Pool.example.com, other.example.com' } }
    await engine.run('pool-1', asked)
    await answeredBy(rig, 'other.example.com', 'pool-1')
    await engine.run('pool-2', asked)
    await answeredByAll(rig, 'pool.example.com', ['pool-1', 'pool-2'])
  })

  await rig.step('nginx-proxy: several paths of one name', async () => {
    const map = (path: string) => ({ 'several.example.com': { [path]: { port: 80, dest: '/' } } })
    for (const name of ['left', 'right']) {
      const env = { VIRTUAL_HOST_MULTIPORTS: JSON.stringify(map(`/${name}/`)) }
      await engine.run(name, { env })
    }
    await answeredBy(rig, 'several.example.com', 'left', { path: '/left/x' })
    await answeredBy(rig, 'several.example.com', 'right', { path: '/right/x' })
  })

  await rig.step('Traefik: a rule leads by name and path', async () => {
    const rule = (text: string) => ({ labels: { 'traefik.http.routers.r.rule': text } })
    await engine.run('web', rule('Host(`shop.example.com`)'))
    await engine.run(
      'api',
      rule('(Host(`shop.example.com`) && PathPrefix(`/api`)) || Host(`b.example.com`)'),
    )
    await answeredBy(rig, 'shop.example.com', 'api', { path: '/api/x' })
    await answeredBy(rig, 'shop.example.com', 'web', { path: '/apix' })
    await answeredBy(rig, 'b.example.com', 'api')
  })

  await rig.step('Traefik: and by what the request is', async () => {
    const rule = (text: string) => ({
      labels: { 'traefik.http.routers.r.rule': `Host(\`split.example.com\`) && ${text}` },
    })
    await engine.run('reader', rule('!Method(`POST`)'))
    await engine.run('writer', rule('Method(`POST`) && ClientIP(`0.0.0.0/0`)'))
    await answeredBy(rig, 'split.example.com', 'reader')
    const posts = async (): Promise<boolean> => {
      await using visitor = Visitor.b(visitOf(edge, 'split.example.com'), { posts: true })
      const { answers } = await visitor.leave()
      return answers['writer'] !== undefined && answers['reader'] === undefined
    }
    await eventually('what is posted goes to the writer', posts, { withinMs: 12_000 })
  })

  await rig.step('what cannot be served says why, and nobody gets in past it', async () => {
    const labels = {
      'traefik.http.routers.r.rule': 'Host(`closed.example.com`)',
      'traefik.http.routers.r.middlewares': 'sso',
      'traefik.http.middlewares.sso.forwardauth.address': 'http://sso.example.com',
    }
    await engine.run('closed', { labels })
    const { leader } = await rig.leader()
    const isRefused = async (): Promise<boolean> => {
      const containers = await leader.api.containers()
      const verdicts = containers.find(({ name }) => name === 'closed')?.verdicts ?? []
      return verdicts.some(({ reason }) => reason === 'middleware-refused')
    }
    await eventually('it is refused', isRefused, { withinMs: 12_000 })
    const { status } = await ask(edge, 'closed.example.com')
    assert.equal(status, 404)
  })
})

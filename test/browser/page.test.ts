/**
 * The page as a person meets it. Real: Chromium, two masters that serve it, nats-server, a Docker
 * Engine with its agent, an edge with its nginx. Both masters are reached under one address, as behind
 * a name that follows whoever lives.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignInLink } from '@roadstead/shared/protocol/http.ts'
import { FaultProxy } from '../rig/fault-proxy.ts'
import { eventually } from '../rig/eventually.ts'
import type { Master } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { openBrowser, picture, watch } from './browser.ts'

const EVIL = `<img src=x onerror=alert(1)>"'><script>alert(2)</script>`
/** The engine lets the name of a volume have no other signs. */
const EVIL_NAME = '0..-_constructor.__proto__'
const SOON = { timeout: 10_000 }

const addressOf = ({ api }: Master) => ({
  host: new URL(api.url).hostname,
  port: Number(new URL(api.url).port),
})

test('a person looks at the page', async (t) => {
  await using rig = await Rig.start(t, {
    hosts: ['alpha'],
    masters: 2,
    titles: { 'edge-1': EVIL },
  })
  const { engine } = rig.host('alpha')
  const { leader } = await rig.leader()
  const other = await rig.standby()
  await using address = await FaultProxy.to(addressOf(leader))
  await using browser = await openBrowser()
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const misdeeds = await watch(page)
  const url = `http://127.0.0.1:${address.port}/`

  await rig.step('without a link there is a form, and a wrong token is refused', async () => {
    await page.goto(url)
    await page.getByLabel('API token').fill('not-the-right-token')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor(SOON)
    await picture(page, rig.folder.path, 'sign-in')
  })

  await rig.step('a one-time link signs in, and leaves the address bar', async () => {
    const { code } = SignInLink.parse(await leader.api.call('POST', '/api/v1/session/link'))
    await page.goto('about:blank')
    await page.goto(`${url}#code=${encodeURIComponent(code)}`)
    await page.getByText('Nothing asks to be routed yet').waitFor(SOON)
    assert.equal(page.url(), url)
    await picture(page, rig.folder.path, 'no-routes')

    const again = await (await browser.newContext()).newPage()
    await again.goto(`${url}#code=${encodeURIComponent(code)}`)
    await again.getByText('This sign-in link has been used already').waitFor(SOON)
    await again.close()
  })

  await rig.step('a container starts: its row appears without a reload', async () => {
    await page.evaluate('globalThis.sameDocument = true')
    await engine.run('web', { labels: { 'roadstead.host': 'web.example.com' } })
    const row = page.locator('#routes tr', { hasText: 'web.example.com' })
    await row.getByText('Routed').first().waitFor(SOON)
    await row.getByText('web', { exact: true }).first().waitFor(SOON)
    assert.equal(await page.evaluate('globalThis.sameDocument'), true)
  })

  await rig.step('what a stranger wrote is text', async () => {
    const labels = { 'roadstead.host': EVIL, 'roadstead.service': EVIL, [EVIL]: EVIL }
    await engine.run('evil', { labels: { ...labels, 'com.docker.compose.project': EVIL } })
    await engine.run('held', {
      labels: { 'roadstead.host': 'web.example.com', 'roadstead.service': 'another' },
    })
    await page.locator('#edges').getByText(EVIL).waitFor(SOON)
    await page.locator('#events').getByText('evil').first().waitFor(SOON)
    assert.equal(await page.locator('main img').count(), 0)
    await picture(page, rig.folder.path, 'routes')
  })

  await rig.step('the list of events reads further back, to where the log begins', async () => {
    await page.locator('#events').getByRole('button', { name: 'Earlier' }).click()
    await page.locator('#events').getByText('as far back as it goes').waitFor(SOON)
  })

  await rig.step('a rollout goes on under the eyes of whoever looks', async () => {
    const labels = { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' }
    for (const name of ['pool-1', 'pool-2']) await engine.run(name, { labels })
    await page.locator('[data-service="pool"]').getByText('pool-2').waitFor(SOON)
    const { id } = await leader.api.rollout('pool')
    const run = page.locator(`[data-run="${id}"]`)
    await run.getByText('Running').waitFor(SOON)
    await run.getByText('alpha/pool-2', { exact: true }).waitFor(SOON)
    await picture(page, rig.folder.path, 'rollout')
    await run.getByText('1 of 2 containers done').waitFor(SOON)
    await run.getByText('2 of 2 containers done').waitFor(SOON)
    await run.getByText('Done', { exact: true }).waitFor(SOON)
    await run.getByText('Log').click()
    await run.getByText('alpha/pool-2 serves again').waitFor(SOON)
    assert.equal(await page.evaluate('globalThis.sameDocument'), true)
  })

  await rig.step('images and volumes are shown when somebody asks for them', async () => {
    await engine.api.createVolume({ Name: EVIL_NAME, Labels: { [EVIL]: EVIL } })
    const list = page.locator('#volumes')
    await list.getByRole('button', { name: 'Show' }).click()
    await eventually(
      'the volume is listed',
      async () => {
        if (await list.getByText(EVIL_NAME).isVisible()) return true
        await list.getByRole('button').first().click()
        return false
      },
      { withinMs: 20_000 },
    )
    await list.getByText('Unused').waitFor(SOON)
    await page.locator('#images').getByRole('button', { name: 'Show' }).click()
    const image = page.locator('#images li', { hasText: 'roadstead-test/whoami' })
    await image.getByText('In use').waitFor(SOON)
    await image.getByText('alpha/web').waitFor(SOON)
    await picture(page, rig.folder.path, 'images')
  })

  await rig.step('a host that is drained says by whom and why', async () => {
    const host = page.locator('#hosts li', { hasText: 'alpha' })
    await leader.api.call('POST', '/api/v1/drain', { host: 'alpha', why: EVIL })
    await host.getByText(`Drained by admin: ${EVIL}`).waitFor(SOON)
    await page.locator('[data-service="pool"]').getByText('Drained').first().waitFor(SOON)
    await page.locator('#runs').getByText(EVIL).waitFor(SOON)
    await picture(page, rig.folder.path, 'drained')
    await leader.api.undrain({ host: 'alpha' })
    await host.getByText('Present').waitFor(SOON)
    await page
      .locator('#edges')
      .getByText(/reload/)
      .first()
      .waitFor(SOON)
  })

  await rig.step('the filter is reached and used by keys alone', async () => {
    await page.keyboard.press('Tab')
    const filter = page.getByPlaceholder('Filter')
    for (let presses = 0; presses < 10 && !(await filter.evaluate(isFocused)); presses++) {
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type('no such row')
    await page.locator('#routes').getByText('Nothing here matches').waitFor(SOON)
    await filter.fill('')
  })

  await rig.step('its master dies: it says so, and is live again through the other', async () => {
    await leader.process.kill()
    const banner = page.getByText(/^Disconnected since .* Routing is not affected\.$/)
    await banner.waitFor(SOON)
    assert.ok(await page.getByText('web.example.com').first().isVisible())
    await picture(page, rig.folder.path, 'disconnected')
    address.target = addressOf(other)
    await banner.waitFor({ state: 'detached', timeout: 20_000 })
    await page.locator('.strip').getByText(other.name).first().waitFor(SOON)
    await engine.run('later', { labels: { 'roadstead.host': 'later.example.com' } })
    await page.locator('#routes').getByText('later.example.com').waitFor(SOON)
    assert.equal(await page.evaluate('globalThis.sameDocument'), true)
  })

  await rig.step('it is readable in the dark and on a narrow screen', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture(page, rig.folder.path, 'dark')
    await page.setViewportSize({ width: 390, height: 800 })
    const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    await eventually('it fits', async () => (await page.evaluate(wide)) === false, {
      withinMs: 2_000,
    })
    await picture(page, rig.folder.path, 'narrow')
  })

  assert.deepEqual(misdeeds, { dialogs: [], violations: [], errors: [] })
})

function isFocused(element: {
  readonly ownerDocument: { readonly activeElement: unknown }
}): boolean {
  return element.ownerDocument.activeElement === element
}

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { apiOnTrial } from './api-on-trial.ts'

const headers = { host: 'localhost' }

test('the dashboard is served without a sign-in; files with a hash in their name for ever', async () => {
  await using folder = await dashboard()
  await using trial = await apiOnTrial(systemClock, folder.path)
  const page = await trial.app.inject({ url: '/', headers })
  assert.equal(page.statusCode, 200)
  assert.equal(page.headers['cache-control'], 'no-cache')
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
  const script = await trial.app.inject({ url: '/assets/index-BxYz1234.js', headers })
  assert.match(String(script.headers['cache-control']), /immutable/)
  const icon = await trial.app.inject({ url: '/favicon.svg', headers })
  assert.equal(icon.headers['cache-control'], 'no-cache')
})

test('nothing outside the folder is served, and an unknown file is a problem', async () => {
  await using folder = await dashboard()
  await using trial = await apiOnTrial(systemClock, folder.path)
  for (const url of [
    '/../secret',
    '/%2e%2e/secret',
    '/assets/%2e%2e%2f%2e%2e%2fsecret',
    '/nothing',
  ]) {
    const { body, statusCode } = await trial.app.inject({ url, headers })
    assert.ok(statusCode === 404 || statusCode === 403, `${url}: ${statusCode}`)
    assert.doesNotMatch(body, /outside/)
  }
})

async function dashboard(): Promise<AsyncDisposable & { readonly path: string }> {
  const root = await mkdtemp(join(tmpdir(), 'roadstead-dashboard-'))
  const path = join(root, 'dist')
  await mkdir(join(path, 'assets'), { recursive: true })
  await writeFile(join(root, 'secret'), 'outside')
  await writeFile(join(path, 'index.html'), '<!doctype html><title>Roadstead</title>')
  await writeFile(join(path, 'favicon.svg'), '<svg/>')
  await writeFile(join(path, 'assets', 'index-BxYz1234.js'), 'export {}')
  return { path, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

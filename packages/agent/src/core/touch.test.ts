import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aContainer } from '../testing.ts'
import { mustAsk, touchOf } from './touch.ts'

const none: ReadonlyMap<string, readonly string[]> = new Map()
const post = (target: string, headers = none) => touchOf({ method: 'POST', target, headers })
const del = (target: string) => touchOf({ method: 'DELETE', target, headers: none })

test('what ends a container is seen in every way to write it', () => {
  const stop = { action: 'stop', reference: 'shop' }
  for (const target of [
    '/containers/shop/stop',
    '/v1.41/containers/shop/stop?t=3',
    '/v1.41/containers/%73hop/st%6fp',
    '//v1.41/./containers//shop/stop',
    '/v1.41/images/../containers/%2Fshop/stop',
    'http://docker/v1.41/containers/shop/stop',
    '/v4.0.0/libpod/containers/shop/stop',
  ]) {
    assert.deepEqual(post(target), stop, target)
  }
  assert.deepEqual(post('/containers/shop/restart'), { action: 'restart', reference: 'shop' })
  assert.deepEqual(del('/v1.41/containers/shop?v=1&force=1'), {
    action: 'remove',
    reference: 'shop',
  })
  assert.equal(del('/containers/shop?force=True')?.action, 'remove')
  assert.equal(del('/containers/shop?f%6frce=yes')?.action, 'remove')
  assert.equal(del('/containers/shop?v=1;force=1')?.action, 'remove')
  assert.equal(post('/containers/shop/kill?v=1;signal=QUIT')?.signal, 'QUIT')
})

test('everything else is none of our business', () => {
  for (const target of [
    '/containers/shop/start',
    '/containers/create?name=stop',
    '/containers/shop/exec',
    '/containers/prune',
    '/exec/shop/stop',
    '/v1.41/images/containers/x/stop',
    '*',
  ]) {
    assert.equal(post(target), undefined, target)
  }
  assert.equal(
    touchOf({ method: 'GET', target: '/containers/shop/stop', headers: none }),
    undefined,
  )
  for (const query of ['', '?force=0', '?force=', '?force=false', '?v=1']) {
    assert.equal(del(`/containers/shop${query}`), undefined, query)
  }
})

test('who runs and asks for a route is held, for each way to end it', () => {
  const routed = aContainer({ labels: { 'roadstead.host': 'a.test' }, stopSignal: 'SIGQUIT' })
  const stop = { action: 'stop', reference: 'shop' } as const
  assert.equal(mustAsk(routed, stop), true)
  assert.equal(mustAsk({ ...routed, state: 'paused' }, stop), true)
  assert.equal(mustAsk({ ...routed, state: 'exited' }, stop), false)
  assert.equal(mustAsk(aContainer(), stop), false)
})

test('a kill is held when it is the stop signal, and never when it is SIGKILL by default', () => {
  const routed = aContainer({ labels: { 'roadstead.host': 'a.test' }, stopSignal: 'SIGQUIT' })
  const isHeld = (target: string, headers = none): boolean => {
    const touch = post(target, headers)
    return touch !== undefined && mustAsk(routed, touch)
  }
  assert.equal(isHeld('/containers/a/kill?signal=SIGQUIT'), true)
  assert.equal(isHeld('/containers/a/kill?signal=quit'), true)
  assert.equal(isHeld('/containers/a/kill?signal=3'), true)
  assert.equal(isHeld('/containers/a/kill?signal=SIGTERM'), false)
  assert.equal(isHeld('/containers/a/kill?signal=HUP'), false)
  assert.equal(isHeld('/containers/a/kill'), false)
  assert.equal(isHeld('/containers/a/kill?signal='), false)
  const form = new Map([['content-type', ['application/x-www-form-urlencoded']]])
  assert.equal(isHeld('/containers/a/kill?signal=HUP', form), true)
})

import { RunView } from '@roadstead/shared/protocol/http.ts'

/** Runs of the imagined federation: one of each state, and what the commands show of them. */
const ALPHA = 'h-alpha00000'

const member = (at: number, name: string, phase: string) => ({
  host: ALPHA,
  container: String(at).repeat(64),
  path: `alpha/${name}`,
  phase,
})

const entry = (seconds: string, text: string) => ({ at: `2026-03-04T11:59:${seconds}Z`, text })

const rollout = {
  id: '00aa11bb22cc33dd',
  verb: 'rollout',
  target: 'shop/web',
  service: 'shop/web',
  by: 'admin',
  why: 'new configuration',
  since: '2026-03-04T11:59:40.000Z',
  atOnce: 1,
  state: 'running',
  members: [
    member(1, 'shop-web-1', 'done'),
    member(2, 'shop-web-2', 'draining'),
    member(4, 'shop-web-with-a-name-that-somebody-thought-about-for-a-long-time', 'waiting'),
  ],
  log: [
    entry('40.010', 'alpha/shop-web-1 is taken out of routing'),
    entry('40.270', 'alpha/shop-web-1 is quiet at every edge; restarting it'),
    entry('41.900', 'alpha/shop-web-1 serves again'),
    entry('41.910', 'alpha/shop-web-2\u001b[31m is taken out of routing'),
  ],
}

export const running = RunView.parse(rollout)

export const failed = RunView.parse({
  ...rollout,
  id: '11aa11bb22cc33dd',
  state: 'failed',
  endedAt: '2026-03-04T12:00:42.000Z',
  members: [
    member(1, 'shop-web-1', 'done'),
    member(2, 'shop-web-2', 'failed'),
    member(4, 'shop-web-3', 'waiting'),
  ],
  log: [
    ...rollout.log,
    entry('59.999', 'alpha/shop-web-2 is not ready 60 s after it was restarted: unhealthy'),
  ],
  remedy:
    'Look at alpha/shop-web-2 with roadstead explain, mend it, and go on with: ' +
    'roadstead rollout shop/web',
})

export const drained = RunView.parse({
  ...rollout,
  id: '22aa11bb22cc33dd',
  verb: 'drain',
  target: 'alpha',
  service: undefined,
  why: '',
  state: 'done',
  endedAt: '2026-03-04T11:59:40.310Z',
  members: [member(1, 'shop-web-1', 'done'), member(2, 'shop-web-2', 'done')],
  unwatched: 3,
  log: [entry('40.310', 'quiet at every edge')],
})

export const runs = [running, failed, drained]

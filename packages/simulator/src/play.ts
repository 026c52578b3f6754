import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { z } from 'zod'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Lifecycle } from './lifecycle.ts'
import { Problem } from './problem.ts'
import type { Store } from './store.ts'

/** What happens to one container. `crash`: its program ends by itself, with an error. */
const Step = z.object({
  container: z.string(),
  does: z.enum(['start', 'crash', 'kill', 'stop', 'restart', 'remove', 'sicken', 'heal']),
})
type Step = z.infer<typeof Step>

/** Many things at once, as when a host comes up; a client that asks for each alone is too slow. */
export const Play = z.object({
  steps: z.array(Step).max(10_000),
  /** The steps are spread evenly over this time; those of one container wait for each other. */
  overMs: z.int().min(0).max(60_000),
})
export type Play = z.infer<typeof Play>

/** What the engine told meanwhile, with its own times in nanoseconds as text. */
export const Played = z.object({
  tookMs: z.number(),
  events: z.array(
    z.object({ type: z.string(), action: z.string(), id: z.string(), timeNano: z.string() }),
  ),
})
export type Played = z.infer<typeof Played>

/** Timers are no finer; what is due meanwhile is done together. */
const TICK_MS = 1

/** Resolves when every step is done. @throws Problem of the first step that cannot be */
export async function play(
  { store, lifecycle, clock }: { store: Store; lifecycle: Lifecycle; clock: Clock },
  { steps, overMs }: Play,
): Promise<Played> {
  const beganMs = clock.monoMs()
  const events: Played['events'] = []
  using _told = store.events.subscribe(undefined, ({ type, action, id, nano }) => {
    events.push({ type, action, id, timeNano: String(nano) })
  })
  const lastByContainer = new Map<string, Promise<void>>()
  const problems: unknown[] = []
  for (let begun = 0; begun < steps.length; ) {
    const share = overMs === 0 ? 1 : (clock.monoMs() - beganMs) / overMs
    for (const step of steps.slice(begun, Math.ceil(share * steps.length))) {
      const before = lastByContainer.get(step.container) ?? Promise.resolve()
      const done = before.then(() => take(lifecycle, step)).catch((it) => void problems.push(it))
      lastByContainer.set(step.container, done)
      begun += 1
    }
    await clock.sleep(TICK_MS)
  }
  await Promise.all(lastByContainer.values())
  if (problems.length > 0) throw problems[0] instanceof Error ? problems[0] : new Problem(500, '')
  return { tookMs: clock.monoMs() - beganMs, events }
}

async function take(lifecycle: Lifecycle, { container, does }: Step): Promise<void> {
  switch (does) {
    case 'start':
      return lifecycle.start(container)
    case 'crash':
      return lifecycle.crash(container, 1)
    case 'kill':
      return lifecycle.kill(container, 'KILL')
    case 'stop':
      return lifecycle.stop(container)
    case 'restart':
      return lifecycle.restart(container)
    case 'remove':
      return lifecycle.remove(container, true)
    case 'sicken':
      return lifecycle.setHealth(container, 'unhealthy')
    case 'heal':
      return lifecycle.setHealth(container, 'healthy')
    default:
      return unreachable(does)
  }
}

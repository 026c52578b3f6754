import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { cleanRefusal } from '../core/nginx/clean-refusal.ts'
import { seal, type Sealed } from '../core/nginx/envelope.ts'
import type { Rendering } from '../core/nginx/render.ts'
import { readsAs } from '../core/nginx/tokenize.ts'
import type { OwnView } from '../core/own-view.ts'
import { type EdgeTable } from '../core/table.ts'
import type { EdgeState } from '../core/edge-state.ts'
import type { Job, Reason, Written } from './job.ts'
import { searchGuilty, type TestAnswer } from './search-guilty.ts'

export interface TestTextDeps {
  readonly nginx: {
    test(): Promise<{
      readonly ended:
        | 'well'
        | 'badly'
        | 'too-late'
        | 'cut-short'
        | 'not-running'
        | 'not-included'
        | 'disk-full'
        | 'disk-failed'
      readonly output: string
    }>
    /** What to do when no text at all passes, where other files than ours are read with it. */
    readonly whenHopeless?: string
  }
  readonly files: {
    stage(text: string, beside: ReadonlyMap<string, string>, streams?: string): Promise<Written>
  }
  readonly render: (table: EdgeTable, view: OwnView, before?: Rendering) => Rendering
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

export type Tested =
  | { readonly kind: 'tested'; readonly job: Job; readonly sealed: Sealed }
  | { readonly kind: 'rejected'; readonly reason: Reason; readonly detail: string }

/** A job whose text nginx takes, staged; without the routes that it does not take. */
export async function testOrQuarantine(deps: TestTextDeps, wanted: Job): Promise<Tested> {
  const { render, state, clock, log } = deps
  const first = await test(deps, wanted.rendering)
  if (first.kind === 'passed') return { kind: 'tested', job: wanted, sealed: first.sealed }
  if (first.kind === 'failed') return { ...first, kind: 'rejected' }
  const { desired, view } = wanted
  const search = { render, test: (rendering: Rendering) => test(deps, rendering), clock }
  const found = await searchGuilty(search, desired.table, view, wanted.rendering)
  if (found.kind === 'failed') return { ...found, kind: 'rejected' }
  if (found.kind === 'hopeless') {
    log.error({ nginx: found.output }, 'nginx refuses its own main file')
    const detail = deps.nginx.whenHopeless ?? cleanRefusal(found.output)
    return { kind: 'rejected', reason: 'test-failed', detail }
  }
  for (const { route, containers, reason } of found.quarantine.values()) {
    log.error({ route: routeKey(route), containers, reason }, 'route quarantined')
  }
  state.quarantine = new Map([...state.quarantine, ...found.quarantine])
  const excluded = new Set([...view.excluded, ...found.quarantine.keys()])
  const rest = { ...view, excluded }
  const job = { desired, view: rest, rendering: render(desired.table, rest, wanted.rendering) }
  const second = await test(deps, job.rendering)
  if (second.kind === 'passed') return { kind: 'tested', job, sealed: second.sealed }
  if (second.kind === 'failed') return { ...second, kind: 'rejected' }
  return { kind: 'rejected', reason: 'test-failed', detail: cleanRefusal(second.output) }
}

/** Only what nginx itself says against a text is a refusal: a test that did not end blames no route. */
async function test(deps: TestTextDeps, rendering: Rendering): Promise<TestAnswer> {
  const { files, nginx, digest } = deps
  // Read back by rules of its own before nginx sees it: a printer that errs must not be believed.
  const { streams } = rendering
  if (!readsAs(rendering.body, rendering.tree) || !readsAs(streams.body, streams.tree)) {
    return { kind: 'refused', output: 'the printed text does not read as what was meant' }
  }
  const sealed = seal(rendering.body, digest)
  const staged = await files.stage(sealed.text, rendering.files, streams.body)
  if (staged.kind !== 'written')
    return { kind: 'failed', reason: staged.kind, detail: staged.detail }
  const { ended, output } = await nginx.test()
  switch (ended) {
    case 'well':
      return { kind: 'passed', sealed }
    case 'badly':
      return { kind: 'refused', output }
    case 'too-late':
      return failedTest('the test of the text by nginx took too long; it is tried again')
    case 'cut-short':
      return failedTest('the test of the text by nginx did not run to its end; it is tried again')
    case 'not-running':
      return { kind: 'failed', reason: 'nginx-down', detail: `nginx does not run: ${output}` }
    case 'not-included':
      return failedTest(output)
    case 'disk-full':
    case 'disk-failed':
      return { kind: 'failed', reason: ended, detail: output }
    default:
      return unreachable(ended)
  }
}

function failedTest(detail: string): TestAnswer {
  return { kind: 'failed', reason: 'test-failed', detail }
}

import type { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { placeText } from '@roadstead/shared/protocol/listen.ts'
import { markOfEdge } from '../core/marks.ts'
import { count } from '../core/summary.ts'
import { select, textOf } from '../core/select.ts'
import { MarkView } from './mark.tsx'
import { Section } from './section.tsx'

interface EdgesProps {
  readonly edges: readonly EdgeView[]
  readonly filter: string
}

export function Edges({ edges, filter }: EdgesProps) {
  const selection = select(edges, filter, textOf.edges)
  return (
    <Section
      id="edges"
      title="Edges"
      selection={selection}
      command="roadstead status"
      empty={
        <p>No edge reports yet. Without one nothing is published; what ran goes on running.</p>
      }
    >
      <ul class="rows">
        {selection.rows.map((edge) => (
          <Edge key={edge.id} edge={edge} />
        ))}
      </ul>
    </Section>
  )
}

function Edge({ edge }: { readonly edge: EdgeView }) {
  return (
    <li data-edge={edge.id}>
      <div class="line">
        <strong>{edge.name}</strong>
        <MarkView mark={markOfEdge(edge)} />
      </div>
      <dl>
        <dt>In force</dt>
        <dd>
          {edge.inForce === undefined
            ? 'nothing'
            : `${stampText(edge.inForce)} · ${count(edge.inForce.routes, 'route') || 'no routes'}`}
        </dd>
        <dt>Desired</dt>
        <dd>{edge.desired === undefined ? 'nothing' : stampText(edge.desired)}</dd>
        <dt>nginx</dt>
        <dd>
          {edge.nginx.version || 'unknown'} on port {edge.httpPort}
          {edge.httpsPort !== undefined && `, with TLS on ${edge.httpsPort}`}
        </dd>
        <dt>Changes</dt>
        <dd data-tier={edge.tier}>{tierText(edge)}</dd>
        <Beside edge={edge} />
        {edge.busy.length > 0 && (
          <>
            <dt>Busy</dt>
            <dd>{busyText(edge)}</dd>
          </>
        )}
      </dl>
      {edge.outcome.kind === 'rejected' && <p class="reason">{edge.outcome.detail}</p>}
      {edge.outcome.kind === 'refused' && (
        <p class="reason">
          A table of epoch {edge.outcome.offered.epoch} was refused: {edge.outcome.reason}
        </p>
      )}
      {problemsOf(edge).map((problem) => (
        <p class="reason" key={problem}>
          {problem}
        </p>
      ))}
      {edge.quarantined.map(({ route, reason }) => (
        <p class="reason" key={`${route.domain} ${route.match} ${route.path}`}>
          {placeText(route)} is left out: {reason}
        </p>
      ))}
    </li>
  )
}

/** What it serves beside plain HTTP, and why not. */
function Beside({ edge }: { readonly edge: EdgeView }) {
  return (
    <>
      {edge.streamsReason !== undefined && (
        <>
          <dt>TCP, UDP</dt>
          <dd>not here: {edge.streamsReason}</dd>
        </>
      )}
      {edge.attached !== undefined && (
        <>
          <dt>Attached</dt>
          <dd>{attachedText(edge.attached)}</dd>
        </>
      )}
      {edge.certificates !== undefined && (
        <>
          <dt>Certificates</dt>
          <dd>{certificatesText(edge.certificates)}</dd>
        </>
      )}
    </>
  )
}

/** Whose nginx it is, and when a text is tested. */
function attachedText({ way, include, afterSwap }: NonNullable<EdgeView['attached']>): string {
  const whose = way === 'host' ? 'to an nginx of this machine' : 'to an nginx in a container'
  const tested =
    afterSwap === undefined
      ? 'tested before the swap'
      : `tested after the swap, rolled back on failure: ${afterSwap}`
  return `${whose}, by ${include} · ${tested}`
}

type Certificates = NonNullable<EdgeView['certificates']>

/** How many there are, and the one that ends first. */
function certificatesText({ list, total }: Certificates): string {
  const first = list.find(({ problem, served }) => problem === undefined && served !== undefined)
  const ends = first?.served?.notAfter.slice(0, 'yyyy-mm-dd'.length)
  const which = ends === undefined ? '' : ` · ${first?.name} ends on ${ends}`
  return `${count(total, 'certificate') || 'none'}${which}`
}

function problemsOf({ certificates, attached }: EdgeView): readonly string[] {
  const { list = [], problem } = certificates ?? {}
  const each = list.flatMap((it) =>
    it.problem === undefined ? [] : [`Certificate ${it.name} is not taken: ${it.problem}`],
  )
  const doubled = attached?.conflicts ?? []
  const names = doubled.map((name) => `Another server of this nginx has ${name}, too`)
  const all = [...each, ...names]
  return problem === undefined ? all : [`Certificates: ${problem}`, ...all]
}

function tierText({ tier, tierReason }: EdgeView): string {
  if (tier === 'live') return 'live, without a reload'
  return tierReason === '' ? 'by a reload' : `by a reload: ${tierReason}`
}

/** Why a drain still waits: requests that are under way to what was taken out. */
function busyText({ busy, busyMore }: EdgeView): string {
  const requests = busy.reduce((sum, each) => sum + each.requests, 0)
  const to = count(busy.length, 'container')
  return `${count(requests, 'request')} under way to ${to} taken out${busyMore ? ', and more' : ''}`
}

function stampText(stamp: { readonly epoch: number; readonly version: number }): string {
  return `epoch ${stamp.epoch}, version ${stamp.version}`
}

import type { RunView } from '@roadstead/shared/protocol/http.ts'
import { timeOfDay } from '../core/connection.ts'
import { markOfPhase, markOfRun } from '../core/marks.ts'
import { inOrder, membersShown, progressOf, RUNS_MAX, tookOf } from '../core/runs.ts'
import { select, textOf } from '../core/select.ts'
import { MarkView, ShapeView } from './mark.tsx'
import { Section } from './section.tsx'

interface RunsProps {
  readonly runs: readonly RunView[]
  readonly filter: string
}

export function Runs({ runs, filter }: RunsProps) {
  const selection = select(inOrder(runs), filter, textOf.runs, RUNS_MAX)
  return (
    <Section
      id="runs"
      title="Runs"
      selection={selection}
      command="roadstead runs"
      empty={<NoRuns />}
    >
      <ul class="rows">
        {selection.rows.map((run) => (
          <Run key={run.id} run={run} />
        ))}
      </ul>
    </Section>
  )
}

function Run({ run }: { readonly run: RunView }) {
  const last = run.log.at(-1)
  return (
    <li data-run={run.id}>
      <div class="line">
        <strong>
          <span class="verb">{run.verb}</span> {run.target}
        </strong>
        <MarkView mark={markOfRun(run)} />
      </div>
      <p class="faint">
        {[
          progressOf(run),
          `began at ${timeOfDay(Date.parse(run.since))}`,
          run.endedAt === undefined ? '' : `took ${tookOf(run, Date.parse(run.endedAt))}`,
          run.by === '' ? '' : `by ${run.by}`,
          run.why,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <Members run={run} />
      {run.state === 'running' && last !== undefined && <p class="facts">{last.text}</p>}
      {run.state === 'failed' && last !== undefined && <p class="reason">{last.text}</p>}
      {run.remedy !== undefined && <p class="facts">{run.remedy}</p>}
      {run.log.length > 0 && (
        <details>
          <summary>Log</summary>
          <ol class="log">
            {run.log.map((entry, at) => (
              <li key={`${entry.at} ${at}`}>
                <time dateTime={entry.at}>{timeOfDay(Date.parse(entry.at))}</time>
                <span>{entry.text}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  )
}

/** Who is worked on now; when all is well and over, the sentence above has said enough. */
function Members({ run }: { readonly run: RunView }) {
  if (run.state === 'done') return null
  const { named, more } = membersShown(run.members)
  return (
    <ul class="members">
      {named.map((member) => {
        const mark = markOfPhase(member.phase)
        return (
          <li key={`${member.host} ${member.container}`}>
            <span class={`mark ${mark.tone}`}>
              <ShapeView shape={mark.shape} />
            </span>
            <span class="name">{member.path}</span>
            <span class={`mark ${mark.tone}`}>{mark.word}</span>
          </li>
        )
      })}
      {more > 0 && <li class="faint">and {more} more</li>}
    </ul>
  )
}

function NoRuns() {
  return (
    <>
      <p>Nothing has been drained, restarted or rolled out. To restart a service unnoticed:</p>
      <pre>roadstead rollout SERVICE</pre>
    </>
  )
}

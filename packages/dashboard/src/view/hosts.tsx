import type { HostView } from '@roadstead/shared/protocol/http.ts'
import { markOfHost } from '../core/marks.ts'
import { select, textOf } from '../core/select.ts'
import { MarkView } from './mark.tsx'
import { Section } from './section.tsx'

interface HostsProps {
  readonly hosts: readonly HostView[]
  readonly filter: string
}

export function Hosts({ hosts, filter }: HostsProps) {
  const selection = select(hosts, filter, textOf.hosts)
  return (
    <Section
      id="hosts"
      title="Hosts"
      selection={selection}
      command="roadstead hosts"
      empty={<NoHosts />}
    >
      <ul class="rows">
        {selection.rows.map((host) => (
          <li key={host.id} data-host={host.id}>
            <div class="line">
              <strong>{host.name}</strong>
              <MarkView mark={markOfHost(host)} />
            </div>
            <p class="facts">
              {host.running} of {host.containers} containers run, {host.endpoints} serve
            </p>
            {host.drained !== undefined && (
              <p class="facts">
                Drained by {host.drained.by}
                {host.drained.why !== '' && `: ${host.drained.why}`}
              </p>
            )}
            <p class="faint">
              {[
                host.facts.addresses[0],
                `engine ${host.facts.engine.version}`,
                host.facts.os,
                host.spooled > 0 ? `${host.spooled} statements wait` : '',
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function NoHosts() {
  return (
    <>
      <p>No host has joined. On this machine, make a token:</p>
      <pre>roadstead token create --ttl 1h --uses 1</pre>
      <p>and on the host that runs Docker:</p>
      <pre>roadstead join {location.origin} --token-file FILE</pre>
    </>
  )
}

import type { ServiceView } from '@roadstead/shared/protocol/http.ts'
import { markOfService } from '../core/marks.ts'
import { select, textOf } from '../core/select.ts'
import { Endpoints } from './endpoints.tsx'
import { MarkView } from './mark.tsx'
import { Section } from './section.tsx'

interface ServicesProps {
  readonly services: readonly ServiceView[]
  readonly filter: string
}

export function Services({ services, filter }: ServicesProps) {
  const selection = select(services, filter, textOf.services)
  return (
    <Section
      id="services"
      title="Services"
      selection={selection}
      command="roadstead services"
      empty={
        <p>
          A service is what a route leads to. Containers with the same{' '}
          <code>roadstead.service</code> share one, on as many hosts as you like.
        </p>
      }
    >
      <ul class="rows">
        {selection.rows.map((service) => (
          <li key={service.key} data-service={service.key}>
            <div class="line">
              <strong class="service">{service.key}</strong>
              <MarkView mark={markOfService(service)} />
            </div>
            <Endpoints endpoints={service.endpoints} addresses />
          </li>
        ))}
      </ul>
    </Section>
  )
}

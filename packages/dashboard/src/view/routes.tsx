import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { RequestRates, RouteView } from '@roadstead/shared/protocol/http.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import { wantsOf } from '@roadstead/shared/protocol/route-wants.ts'
import { keyOf } from '../core/keys.ts'
import { markOfReason } from '../core/marks.ts'
import { ratesInWords } from '../core/rates.ts'
import { select, textOf } from '../core/select.ts'
import { Advice } from './advice.tsx'
import { Endpoints } from './endpoints.tsx'
import { MarkView } from './mark.tsx'
import { Section } from './section.tsx'

interface RoutesProps {
  readonly routes: readonly RouteView[]
  readonly filter: string
  /** Containers that run somewhere: tells "nobody asked" from "nothing runs". */
  readonly containers: number
}

export function Routes({ routes, filter, containers }: RoutesProps) {
  const selection = select(routes, filter, textOf.routes)
  return (
    <Section
      id="routes"
      title="Routes"
      selection={selection}
      command="roadstead routes"
      empty={<NoRoutes containers={containers} />}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Domain and path</th>
            <th scope="col">State</th>
            <th scope="col">Service</th>
            <th scope="col">Endpoints</th>
            <th scope="col">Requests</th>
          </tr>
        </thead>
        <tbody>
          {selection.rows.map((route) => (
            <Route key={keyOf.routes(route)} route={route} />
          ))}
        </tbody>
      </table>
    </Section>
  )
}

function Route({ route }: { readonly route: RouteView }) {
  const reason = reasonTable[route.state]
  const mark = markOfReason(route.state)
  return (
    <tr data-route={keyOf.routes(route)}>
      <td>
        <span class="domain">{route.domain}</span>
        {!isPort(route) && <span class="path">{route.path}</span>}
        {route.match === 'exact' && <span class="tag">exact</span>}
        {route.stripPrefix && <span class="tag">strips prefix</span>}
        {wantsOf(route).map((want) => (
          <span class="tag" key={want}>
            {want}
          </span>
        ))}
        {route.state !== 'routed' && (
          <p class={`reason ${mark.tone}`}>
            {reason.summary}{' '}
            <span class="remedy">
              <Advice text={reason.remedy} />
            </span>
          </p>
        )}
      </td>
      <td>
        <MarkView mark={mark} />
      </td>
      <td class="service">{route.service}</td>
      <td>
        <Endpoints endpoints={route.endpoints} addresses={false} />
      </td>
      <td class="requests">
        <Rates rates={route.requests} />
      </td>
    </tr>
  )
}

function isPort({ domain }: RouteView): boolean {
  return listenOf(domain) !== undefined
}

/** Over the last half minute. */
function Rates({ rates }: { readonly rates: RequestRates | undefined }) {
  const words = ratesInWords(rates)
  if (words === undefined) return <small>–</small>
  return (
    <>
      <span class="rate">{words.rate}</span>
      {words.errors !== undefined && <span class="reason bad">{words.errors}</span>}
      {words.slowest !== undefined && <small>{words.slowest}</small>}
    </>
  )
}

function NoRoutes({ containers }: { readonly containers: number }) {
  if (containers === 0) {
    return <p>No container runs yet. Routes appear here as soon as one asks to be routed.</p>
  }
  return (
    <>
      <p>
        {containers === 1 ? 'One container is' : `${containers} containers are`} known, and none
        asks to be routed. Give one a name that visitors can ask for:
      </p>
      <pre>docker run --label roadstead.host=shop.example.com …</pre>
      <p>
        Add <code>roadstead.port</code> when the image exposes more than one port.
      </p>
    </>
  )
}

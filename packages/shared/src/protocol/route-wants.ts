import type { RouteView } from './http.ts'
import type { RouteCondition, RouteTest } from './route-settings.ts'

type Wanting = Pick<RouteView, 'when' | 'priority' | 'settings' | 'canary'>

/** What a route wants beyond its place, in words for people; empty for most. */
export function wantsOf({ when, priority, settings = {}, canary }: Wanting): readonly string[] {
  return [
    ...(when === undefined ? [] : [`only ${conditionText(when)}`]),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...Object.entries(settings).map(([key, text]) => `${key} ${text}`),
    ...(canary === undefined ? [] : [shareText(canary)]),
  ]
}

function shareText({ percent, service, endpoints }: NonNullable<RouteView['canary']>): string {
  const isServed = endpoints.some(({ reason }) => reason === 'routed' || reason === 'routed-last')
  return `${percent}% to ${service}${isServed ? '' : ', which cannot serve'}`
}

/** A condition as people read it, for example `GET or HEAD, and not X-Debug: 1`. */
export function conditionText(when: RouteCondition): string {
  return when.map(testText).join(', and ')
}

function testText(test: RouteTest): string {
  const before = test.not ? 'not ' : ''
  switch (test.kind) {
    case 'method':
      return `${before}${test.methods.join(' or ')}`
    case 'header':
      return `${before}${test.name}: ${test.value}`
    case 'client':
      return `${before}from ${test.networks.join(' or ')}`
  }
}

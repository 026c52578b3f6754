import type { RouteCondition, RouteTest } from './route-settings.ts'

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

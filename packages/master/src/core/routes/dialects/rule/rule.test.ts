import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alternativesOf } from './alternatives.ts'
import { parseRule } from './parse.ts'

/** The routes of a rule as `<domain> <match> <path> <tests>`, or what is wrong with it. */
function meaning(text: string): readonly string[] {
  const parsed = parseRule(text)
  if (parsed.kind === 'unreadable') return [`at ${parsed.at}: ${parsed.expected}`]
  const meant = alternativesOf(parsed.rule)
  if (meant.kind === 'refused') {
    const { reason, details } = meant.problem
    return [[reason, ...Object.values(details)].join(' ')]
  }
  return meant.alternatives.map(({ domain, match, path, when = [] }) =>
    [domain, match, path, ...when.map(testText)].join(' '),
  )
}

function testText(one: {
  readonly kind: string
  readonly not: boolean
  readonly [key: string]: unknown
}) {
  const { kind, not, ...rest } = one
  return `${not ? '!' : ''}${kind}(${Object.values(rest).join('=')})`
}

test('names and paths multiply', () => {
  assert.deepEqual(meaning('Host(`a.x`) || Host(`b.x`)'), ['a.x prefix /', 'b.x prefix /'])
  assert.deepEqual(meaning('Host(`a.x`, `B.x`) && (Path(`/p`) || PathPrefix(`/q`))'), [
    'a.x exact /p',
    'a.x prefix /q',
    'b.x exact /p',
    'b.x prefix /q',
  ])
})

test('"and" binds closer than "or", and parentheses closer than both', () => {
  const rule = 'Host(`a.x`) || Host(`b.x`) && Path(`/p`)'
  assert.deepEqual(meaning(rule), ['a.x prefix /', 'b.x exact /p'])
  assert.deepEqual(meaning('(Host(`a.x`) || Host(`b.x`)) && Path(`/p`)'), [
    'a.x exact /p',
    'b.x exact /p',
  ])
})

test('quotes, blanks and case are as Traefik takes them', () => {
  const rule = '\n hOST ( "a.x" )&&PATHPREFIX(`/p/`)\t&&Headers("X-Team","a b")'
  assert.deepEqual(meaning(rule), ['a.x prefix /p/ header(x-team=a b)'])
  assert.deepEqual(meaning('Header(`X-T`, "a\\"b") && Host(`a.x`)'), [
    'rule-refused Header(`X-T`, `a"b`)',
  ])
})

test('conditions are tests, also negated ones', () => {
  const rule =
    'Host(`a.x`) && !Method(`POST`, `GET`) && !(ClientIP(`10.1.2.3/8`) || Header(`Br`,`c`))'
  assert.deepEqual(meaning(rule), [
    'a.x prefix / !client(10.0.0.0/8) !header(br=c) !method(GET,POST)',
  ])
})

test('"not" of several is one of each', () => {
  assert.deepEqual(meaning('Host(`a.x`) && !(Method(`GET`) && Header(`Br`, `c`))'), [
    'a.x prefix / !method(GET)',
    'a.x prefix / !header(br=c)',
  ])
})

test('what says where a request does not go is decided, or refused by its name', () => {
  assert.deepEqual(meaning('Host(`a.x`) && !Host(`b.x`)'), ['a.x prefix /'])
  assert.deepEqual(meaning('Host(`a.x`, `b.x`) && !Host(`b.x`)'), ['a.x prefix /'])
  assert.deepEqual(meaning('Host(`a.x`) && Path(`/p`) && !PathPrefix(`/q`)'), ['a.x exact /p'])
  assert.deepEqual(meaning('Host(`a.x`) && !PathPrefix(`/admin`)'), [
    'rule-refused !PathPrefix(`/admin`)',
  ])
  assert.deepEqual(meaning('!Host(`a.x`)'), ['host-missing a way through the rule without Host'])
})

test('what excludes itself is no way', () => {
  const nobody = ['rule-refused no request can fit all of it']
  assert.deepEqual(meaning('Host(`a.x`) && Host(`b.x`)'), nobody)
  assert.deepEqual(meaning('Host(`a.x`) && Path(`/p`) && PathPrefix(`/q`)'), nobody)
  assert.deepEqual(meaning('Host(`a.x`) && PathPrefix(`/p`) && !PathPrefix(`/p`)'), nobody)
  assert.deepEqual(meaning('Host(`a.x`) && PathPrefix(`/p`) && PathPrefix(`/p/q`)'), [
    'a.x prefix /p/q',
  ])
})

test('every way needs a name', () => {
  assert.match(meaning('Host(`a.x`) || Path(`/p`)')[0] ?? '', /^host-missing/)
  assert.match(meaning('PathPrefix(`/`)')[0] ?? '', /^host-missing/)
})

test('patterns are refused wherever they stand', () => {
  for (const part of [
    'HostRegexp(`.+`)',
    'PathPrefix(`/{id:[0-9]+}`)',
    'HeadersRegexp(`a`, `b`)',
  ]) {
    assert.deepEqual(meaning(`Host(\`a.x\`) || ${part}`), [`regex-refused ${part}`])
  }
})

test('what is not known is refused, with the nearest', () => {
  assert.deepEqual(meaning('Hots(`a.x`)'), ['rule-refused Hots(`a.x`) Host'])
  assert.deepEqual(meaning('Host(`a.x`) && Method(`BREW`)'), ['rule-refused Method(`BREW`)'])
  assert.deepEqual(meaning('Host(`a.x`) && ClientIP(`10.0.0.0/33`)'), [
    'rule-refused ClientIP(`10.0.0.0/33`)',
  ])
  assert.deepEqual(meaning('Host(`a.x`) && Path(`/a%2f`)'), ['invalid-path Path(`/a%2f`)'])
})

test('a rule that cannot be read is refused at its place', () => {
  assert.deepEqual(meaning(''), ['at 1: a matcher, such as Host'])
  assert.deepEqual(meaning('Host(`a.x`'), ['at 11: , or )'])
  assert.deepEqual(meaning('Host(`a.x`) Path(`/p`)'), ['at 13: &&, || or the end'])
  assert.deepEqual(meaning('Host(`a.x`) & Path(`/p`)').length, 1)
  assert.match(meaning('Host(`a.x`) & Path(`/p`)')[0] ?? '', /^at 13: /)
  assert.match(meaning('Host(a.x)')[0] ?? '', /^at 7: /)
  assert.match(meaning('Host()')[0] ?? '', /^at 6: /)
  assert.match(meaning("Host('a.x')")[0] ?? '', /^at 6: /)
  assert.match(meaning(`${'('.repeat(40)}Host(\`a.x\`)`)[0] ?? '', /no more than 32 levels/)
})

test('a rule has at most sixteen routes', () => {
  const many = Array.from({ length: 17 }, (_, index) => `\`h${index}.x\``)
  assert.equal(meaning(`Host(${many.slice(1).join(', ')})`).length, 16)
  assert.deepEqual(meaning(`Host(${many.join(', ')})`), ['over-budget routes of one rule 16'])
  const pair = '(Header(`Team`, `a`) || Header(`Team`, `b`))'
  const doubled = Array.from({ length: 40 }, (_, index) => pair.replaceAll('Team', `Team${index}`))
  assert.deepEqual(meaning(doubled.join(' && ')), ['over-budget routes of one rule 16'])
})

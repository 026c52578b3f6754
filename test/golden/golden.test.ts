import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { deriveAll } from '@roadstead/master/core/routes/derive.ts'
import type { Derivation } from '@roadstead/master/core/routes/derived.ts'
import type { EdgeFacts } from '@roadstead/master/core/routes/edge-place.ts'
import { edgeVerdicts, tableForEdge } from '@roadstead/master/core/routes/edge-table.ts'
import { defaultPolicy } from '@roadstead/master/core/routes/policy.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { formatGolden, type GoldenCase, parseGolden } from './case.ts'
import { readWorld, type World } from './world.ts'

/**
 * From labels to verdicts and tables, as text that explains itself. `npm run golden -- --update`
 * writes the parts after the rules anew; what it wrote is then read, not trusted.
 */
const FOLDER = import.meta.dirname
const isUpdate = process.env['UPDATE_GOLDEN'] === '1'

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  const text = readFileSync(path.join(FOLDER, file), 'utf8')
  const golden = parseGolden(text)
  if (isUpdate) {
    const cases = golden.cases.map((each) => ({ ...each, ...outcomeOf(each) }))
    writeFileSync(path.join(FOLDER, file), formatGolden({ ...golden, cases }))
  }
  test(`golden ${file} is laid out as it is written`, () => {
    const now = readFileSync(path.join(FOLDER, file), 'utf8')
    assert.equal(formatGolden(parseGolden(now)), now)
  })
  for (const each of parseGolden(readFileSync(path.join(FOLDER, file), 'utf8')).cases) {
    test(`golden ${file}: ${each.title}`, () => {
      const { verdicts, tables } = outcomeOf(each)
      assert.equal(verdicts, each.verdicts)
      assert.equal(tables, each.tables)
    })
  }
}

function outcomeOf({ input }: GoldenCase): Pick<GoldenCase, 'verdicts' | 'tables'> {
  const world = readWorld(input)
  const policy = { ...defaultPolicy, loopbackHosts: world.loopbackHosts }
  const derivation = deriveAll(world.graph, { policy, digest: sha256 })
  const perEdge = world.edges.map((facts) => tableForEdge(derivation.table, world.graph, facts))
  const verdicts = [
    ...[...derivation.verdicts.values()].flatMap((own) => [...own.values()].flat()),
    ...perEdge.flatMap((table) => edgeVerdicts(table)),
  ]
  return {
    verdicts: verdicts.map(verdictLine).join('\n'),
    tables: world.edges.map((facts) => tableText(facts, derivation, world)).join('\n'),
  }
}

function verdictLine(verdict: Verdict): string {
  const { host, containerName, route, domain = '', path: under = '', reason, edge } = verdict
  const details = Object.entries(verdict.details).map(([name, value]) => `${name}: ${value}`)
  const why = details.length === 0 ? '' : ` (${details.join(', ')})`
  const where = edge === undefined ? '' : ` at ${edge}`
  return `${host}/${containerName} ${route} ${domain}${under}${where} → ${reason}${why}`.replace(
    /  +/g,
    ' ',
  )
}

function tableText(facts: EdgeFacts, { table }: Derivation, { graph }: World): string {
  const own = tableForEdge(table, graph, facts)
  const services = [...own.services].sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = services.flatMap(([key, service]) => {
    const names = new Map(service.services.map(({ id }, index) => [id, groupName(key, index)]))
    return [
      ...service.routes.map(({ domain, path: under, match, stripPrefix, service: id }) => {
        const flags = `${match === 'exact' ? ' exact' : ''}${stripPrefix ? ' stripped' : ''}`
        return `  ${domain}${under}${flags} → ${names.get(id) ?? id}`
      }),
      ...service.services.map(({ id, endpoints, holdMs, slowStartMs }) => {
        const addresses = endpoints.map(({ address, port }) => `${address}:${port}`).join(' ')
        const hold = holdMs === undefined ? '' : `, held ${holdMs} ms`
        const slow = slowStartMs === undefined ? '' : `, slow start ${slowStartMs} ms`
        return `  ${names.get(id) ?? id}: ${addresses || 'nobody'}${hold}${slow}`
      }),
    ]
  })
  return [`edge ${facts.edge}`, ...lines].join('\n')
}

function groupName(key: string, index: number): string {
  return index === 0 ? key : `${key} (${index + 1})`
}

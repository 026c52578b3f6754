import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { deriveAll } from '@roadstead/master/core/routes/derive.ts'
import type { Derivation } from '@roadstead/master/core/routes/derived.ts'
import { edgeVerdicts, tableForEdge } from '@roadstead/master/core/routes/edge-table.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { formatGolden, type GoldenCase, parseGolden } from './case.ts'
import { tableText } from './table-text.ts'
import { readWorld, type World } from './world.ts'
import { policyOfWorld } from './world-policy.ts'

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
  const policy = policyOfWorld(world)
  if (Array.isArray(policy)) return { verdicts: policy.join('\n'), tables: '' }
  const derivation = deriveAll(world.graph, { policy, digest: sha256 })
  const perEdge = world.edges.map((facts) => tableForEdge(derivation.table, world.graph, facts))
  const verdicts = [
    ...[...derivation.verdicts.values()].flatMap((own) => [...own.values()].flat()),
    ...perEdge.flatMap((table) => edgeVerdicts(table)),
  ]
  return {
    verdicts: [...verdicts.map(verdictLine), ...readingLines(derivation, world)].join('\n'),
    tables: world.edges
      .map((facts, index) => (perEdge[index] ? tableText(facts.edge, perEdge[index]) : ''))
      .join('\n'),
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

/** What was asked for and is not done, where the route is served all the same. */
function readingLines({ asks }: Derivation, { graph }: World): readonly string[] {
  return [...asks].flatMap(([host, own]) =>
    [...own.asks].flatMap(([id, { reading }]) => {
      const container = `${host}/${graph.hosts.get(host)?.containers.get(id)?.name}`
      const lost = reading.lost.length === 0 ? [] : [`not read: ${reading.lost.join(', ')}`]
      const remarks = reading.remarks.map(({ key, nearest, why }) => {
        return `${key}: ${why}${nearest === undefined ? '' : ` Nearest: ${nearest}.`}`
      })
      return [...lost, ...remarks].map((line) => `${container} ${line}`)
    }),
  )
}

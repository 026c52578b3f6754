import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricTable } from './metric-table.ts'
import { createMetrics } from './metrics.ts'

test('every metric of the table is exposed with its help', async () => {
  const metrics = createMetrics('1.2.3')
  const text = await metrics.text()
  for (const entry of Object.values(metricTable)) {
    assert.match(text, new RegExp(`# HELP ${entry.name} `))
    assert.match(text, new RegExp(`# TYPE ${entry.name} ${entry.kind}`))
  }
})

test('names carry the prefix, counters end in _total and no label can name a container', () => {
  for (const entry of Object.values(metricTable)) {
    assert.match(entry.name, /^roadstead_[a-z_]+$/)
    assert.equal(entry.name.endsWith('_total'), entry.kind === 'counter', entry.name)
    const labels: readonly string[] = entry.labels
    assert.equal(labels.includes('container') || labels.includes('address'), false, entry.name)
  }
})

test('counts, gauges and histograms arrive under their names', async () => {
  const metrics = createMetrics('1.2.3')
  metrics.count('elections', { became: 'leader' })
  metrics.set('agentUp', 1, { host: 'alpha' })
  metrics.observe('changeSeconds', 0.04, { stage: 'total' })
  const text = await metrics.text()
  assert.match(text, /roadstead_leader_elections_total\{became="leader"\} 1/)
  assert.match(text, /roadstead_agent_up\{host="alpha"\} 1/)
  assert.match(text, /roadstead_change_seconds_count\{stage="total"\} 1/)
  assert.match(text, /roadstead_build_info\{version="1.2.3",node="24[^"]*",role="master"\} 1/)
})

test('a cleared gauge forgets hosts that are gone', async () => {
  const metrics = createMetrics('1.2.3')
  metrics.set('agentUp', 1, { host: 'alpha' })
  metrics.clear('agentUp')
  assert.doesNotMatch(await metrics.text(), /roadstead_agent_up\{host="alpha"\}/)
})

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { widthOf } from '../core/cell.ts'
import {
  diagnoseDisk,
  diagnoseEdge,
  diagnoseEngine,
  diagnoseHost,
  diagnoseStatus,
  diagnosesText,
} from '../core/diagnose.ts'
import { diagnoseDockerSocket, diagnoseNginx } from '../core/diagnose-here.ts'
import { exitCodesText } from '../core/exit-codes.ts'
import { type Page, renderTable } from '../core/table.ts'
import { containerColumns } from '../core/views/containers.ts'
import { edgeColumns } from '../core/views/edges.ts'
import { auditColumns } from '../core/views/audit.ts'
import { eventColumns } from '../core/views/events.ts'
import { explanationText } from '../core/views/explanation.ts'
import { hostColumns } from '../core/views/hosts.ts'
import { imageText } from '../core/views/image.ts'
import { imagesText, outdatedText } from '../core/views/images.ts'
import { logLines, progressBlock } from '../core/views/run-progress.ts'
import { outcomeText, runText } from '../core/views/run.ts'
import { runColumns } from '../core/views/runs.ts'
import { checkedText, checkText, diffText, policyHead } from '../core/views/policy.ts'
import { requestColumns } from '../core/views/requests.ts'
import { routeColumns } from '../core/views/routes.ts'
import { serviceColumns } from '../core/views/services.ts'
import { liveLine, simulationText } from '../core/views/simulation.ts'
import { statusText } from '../core/views/status.ts'
import { volumesText } from '../core/views/volumes.ts'
import { tokenColumns } from '../core/views/tokens.ts'
import { certificateColumns, usersColumns } from '../core/views/objects.ts'
import { edges } from './golden.edges.ts'
import { drained, failed, running, runs } from './golden.runs.ts'
import { certificates, users } from './golden.objects.ts'
import * as past from './golden.past.ts'
import * as policy from './golden.policy.ts'
import * as stock from './golden.stock.ts'
import * as simulation from './golden.simulation.ts'
import * as world from './golden.fixtures.ts'

/**
 * What each command prints, as a person sees it, at two widths and in full. Rewritten by
 * `npm run golden -- --update`; read the difference before you commit it.
 */
const commands: Readonly<Record<string, (page: Page) => string>> = {
  hosts: (page) => renderTable(hostColumns, world.hosts, page),
  ps: (page) => renderTable(containerColumns, world.containers, page),
  services: (page) => renderTable(serviceColumns, world.services, page),
  images: (page) => imagesText(stock.images, world.NOW_MS, page, false),
  'images --unused': (page) => imagesText(stock.unused, world.NOW_MS, page, true),
  'images --outdated': (page) => outdatedText(stock.images, page),
  'image shop': (page) => imageText(stock.detail, world.NOW_MS, page),
  volumes: (page) => volumesText(stock.volumes, world.NOW_MS, page),
  routes: (page) => renderTable(routeColumns, world.routes, page),
  edges: (page) => renderTable(edgeColumns(world.NOW_MS), edges, page),
  events: (page) => renderTable(eventColumns(world.NOW_MS), world.events, page),
  'events --audit': (page) => renderTable(auditColumns(world.NOW_MS), past.audit, page),
  'events --since 30d': (page) => renderTable(eventColumns(world.NOW_MS), past.changes, page),
  requests: (page) => renderTable(requestColumns, past.requests, page),
  explain: (page) => explanationText(world.explanation, page),
  'explain --at': (page) => explanationText(past.explanation, page),
  status: (page) => statusText({ ...world, edges, runs }, world.NOW_MS, page),
  runs: (page) => renderTable(runColumns(world.NOW_MS), runs, page),
  'runs 11aa': (page) => runText(failed, world.NOW_MS, page),
  rollout: (page) =>
    logLines(running.log, page) +
    progressBlock(running, world.NOW_MS, page) +
    outcomeText(failed, world.NOW_MS, page),
  'runs 22aa': (page) => runText(drained, world.NOW_MS, page),
  'drain alpha': (page) => outcomeText(drained, world.NOW_MS, page),
  'users list': (page) => renderTable(usersColumns(world.NOW_MS), users, page),
  'certificates list': (page) => renderTable(certificateColumns(world.NOW_MS), certificates, page),
  tokens: (page) => renderTable(tokenColumns(world.NOW_MS), world.tokens, page),
  'policy check': (page) =>
    checkText('policy.yaml', policy.faulty, page) +
    checkedText('policy.yaml', policy.faulty) +
    checkText('other.yaml', policy.odd, page) +
    checkedText('other.yaml', policy.odd),
  'policy diff': (page) => diffText(policy.diff, page),
  'policy apply': () => policyHead(policy.applied),
  simulate: (page) =>
    liveLine(simulation.underWay, page) +
    simulationText(simulation.calm, page) +
    simulationText(simulation.rough, page),
  doctor: (page) =>
    diagnosesText(
      [
        diagnoseEngine({ version: '20.10.24', apiVersion: '1.41' }),
        diagnoseDockerSocket({ kind: 'off' }),
        diagnoseDockerSocket({ kind: 'served', path: '/run/roadstead/docker.sock' }),
        diagnoseDockerSocket({ kind: 'silent', path: '/run/rs.sock', why: 'nobody listens' }),
        ...diagnoseNginx({ kind: 'with-lua', program: '/usr/sbin/nginx', hasStreams: true }),
        ...diagnoseNginx({ kind: 'without-lua', program: '/usr/sbin/nginx', hasStreams: false }),
        diagnoseDisk('.roadstead', 512 * 1024 * 1024),
        ...diagnoseStatus(world.status),
        ...world.hosts.flatMap((host) => diagnoseHost(host)),
        ...edges.flatMap((edge) => diagnoseEdge(edge)),
      ],
      page,
    ),
  'help exit-codes': () => exitCodesText(),
}

for (const [name, show] of Object.entries(commands)) {
  test(`roadstead ${name} looks as recorded`, () => {
    const page = { width: 80, colour: false, wide: false }
    const narrow = show(page)
    const broad = show({ ...page, width: 140 })
    const text = [
      `$ roadstead ${name}    (80 columns)`,
      narrow,
      `$ roadstead ${name}    (140 columns)`,
      broad,
      `$ roadstead ${name} -o wide`,
      show({ ...page, wide: true }),
    ].join('\n')

    compare(`${name.replaceAll(' ', '-')}.txt`, text)

    for (const line of narrow.split('\n')) assert.ok(widthOf(line) <= 80, line)
    for (const line of broad.split('\n')) assert.ok(widthOf(line) <= 140, line)
  })
}

function compare(name: string, text: string): void {
  const file = path.join(import.meta.dirname, 'golden', name)
  if (process.env['UPDATE_GOLDEN'] === '1') fs.writeFileSync(file, text)
  assert.equal(text, fs.readFileSync(file, 'utf8'))
}

import { Convergence } from '../core/simulation/convergence.ts'
import type { Summary } from '../core/simulation/summary.ts'

const figures = { n: 4_102, unseen: 0, p50: 41.3, p90: 77.9, p99: 131.5, max: 402 }
const none = new Convergence().all()

/** What came of ten minutes in which all went well. */
export const calm: Summary = {
  plan: { hosts: 100, containers: 50, perSecond: 20, seed: 7, forMs: 600_000, faults: false },
  tookMs: 600_312,
  actions: 12_000,
  late: 0,
  faults: 0,
  convergence: { ...figures, n: 9_731 },
  byChange: [
    { deed: 'start', wants: 'served', ...figures },
    { deed: 'restart', wants: 'not-served', ...figures },
    { deed: 'sicken', wants: 'not-served', ...figures, n: 12, p99: 30_112 },
  ],
  atFaultyHosts: none,
  edge: { tier: 'live', tables: 11_034, pushes: 11_030, reloads: 0 },
  audit: { asked: 3_000, wrong: [] },
  load: [
    { part: 'nginx', cpu: 0.041, residentMb: 47, residentMbMax: 51 },
    { part: 'master-1', cpu: 0.251, residentMb: 391, residentMbMax: 402 },
    { part: 'visitors and this command', cpu: 0.132, residentMb: 205, residentMbMax: 205 },
  ],
  leader: 'master-1',
}

/** The same where it did not. */
export const rough: Summary = {
  ...calm,
  plan: { ...calm.plan, hosts: 6, containers: 10, faults: true },
  late: 3,
  faults: 4,
  convergence: { ...figures, unseen: 6 },
  byChange: [{ deed: 'restart', wants: 'not-served', ...figures, unseen: 6 }],
  atFaultyHosts: { ...figures, n: 93, unseen: 5, max: 12_403 },
  edge: { tier: 'reload', tables: 1_034, pushes: 0, reloads: 707 },
  audit: { asked: 36, wrong: ['app-1-1', 'app-1-2', 'app-2-4', 'app-6-9'] },
}

/** What is told while it runs. */
export const underWay = {
  ms: 83_400,
  actions: 1_668,
  underWay: 14,
  late: 0,
  recent: { ...figures, n: 1_000, unseen: 2 },
  fault: 'the engine of simulated-0003 hangs',
}

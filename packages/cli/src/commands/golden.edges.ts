import { EdgeView } from '@roadstead/shared/protocol/http.ts'

const edge = {
  id: 'e-1',
  name: 'edge-1',
  reporting: true,
  lastHeardMsAgo: 900,
  httpPort: 8080,
  addresses: ['10.1.0.11'],
  tier: 'live',
  tierReason: '',
  epochMax: 4,
  inForce: {
    epoch: 4,
    version: 17,
    generation: '0123456789abcdef',
    since: '2026-03-04T11:59:00Z',
    routes: 2,
    endpoints: 3,
  },
  desired: { epoch: 4, version: 17 },
  quiet: { epoch: 4, version: 17 },
  outcome: { kind: 'applied', at: '2026-03-04T11:59:00Z' },
  nginx: { version: '1.22.1', running: true, reloads: 12, oldGenerations: 0 },
  quarantined: [],
  checks: [],
}

export const edges = [
  {
    ...edge,
    quiet: { epoch: 4, version: 16 },
    busy: [{ host: 'h-alpha00000', container: '4'.repeat(64), requests: 3 }],
  },
  {
    ...edge,
    id: 'e-2',
    name: 'edge-2',
    httpsPort: 8443,
    certificates: {
      total: 3,
      list: [
        {
          name: 'shop.crt',
          source: 'folder',
          served: {
            names: ['*.shop.example.com'],
            namesTotal: 1,
            issuer: 'An authority',
            notBefore: '2025-12-14T00:00:00Z',
            notAfter: '2026-03-14T00:00:00Z',
          },
        },
      ],
    },
    tier: 'reload',
    tierReason: 'nginx has no Lua module here',
    busy: Array.from({ length: 200 }, (_, at) => ({
      host: 'h-alpha00000',
      container: at.toString(16).padStart(64, '0'),
      requests: 1,
    })),
    busyMore: true,
    desired: { epoch: 4, version: 18 },
    outcome: {
      kind: 'rejected',
      at: '2026-03-04T11:59:30Z',
      offered: { epoch: 4, version: 18, instance: 'i1' },
      reason: 'disk-full',
      detail: 'no space left',
    },
  },
  { ...edge, id: 'e-3', name: 'edge-3', reporting: false, inForce: undefined },
].map((it) => EdgeView.parse(it))

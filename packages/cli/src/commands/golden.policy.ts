import { PolicyCheck, PolicyDiff, PolicyView } from '@roadstead/shared/protocol/policy.ts'

/** What masters say of policies, for the pictures of commands. */

export const faulty = PolicyCheck.parse({
  problems: [
    {
      line: 3,
      column: 18,
      key: 'claims[0].domains[0]',
      what:
        'This is no name that can be granted. Write shop.example.com for one name, .example.com for' +
        ' all below it, or "*.example.com" (in quotes) for these with the wildcard.',
    },
    {
      line: 7,
      column: 3,
      key: 'defaults.timout',
      what: 'Nothing here is called timout. Did you mean timeout?',
    },
  ],
  warnings: [],
})

export const odd = PolicyCheck.parse({
  problems: [],
  warnings: [
    {
      line: 2,
      column: 13,
      key: 'claims[0].hosts[0]',
      what: 'No host has joined by this name or id. It counts as soon as one does.',
    },
  ],
})

export const diff = PolicyDiff.parse({
  problems: [],
  warnings: [],
  routes: [
    { route: 'shop.example.com prefix /', before: 'stolen', after: 'shop/web' },
    { route: '*.dev.example.com prefix /', after: 'preview' },
    { route: 'wiki.example.com prefix /', before: 'wiki' },
  ],
  verdicts: [
    {
      container: 'h-alpha/shop-web-1',
      route: 'default',
      domain: 'shop.example.com',
      path: '/',
      before: 'conflict-held',
      after: 'routed',
    },
    {
      container: 'h-beta/stolen',
      route: 'default',
      domain: 'shop.example.com',
      path: '/',
      before: 'routed',
      after: 'claim-denied',
    },
  ],
  totals: { routes: 3, verdicts: 2_002 },
})

export const applied = PolicyView.parse({
  text: '',
  digest: 'a1b2c3d4'.repeat(8),
  by: 'ann',
  since: '2026-03-04T12:00:00Z',
  warnings: [],
})

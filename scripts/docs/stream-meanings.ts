import { TIMEOUT } from '../../packages/master/src/core/routes/durations.ts'
import type { StreamField } from '../../packages/master/src/core/routes/label-keys.ts'
import { duration, type Meaning, PORT, routeKeys } from './label-meanings.ts'

/** Of TCP and UDP; `proxy-protocol` is of TCP alone, `responses` of UDP. */
export const streamKeys = {
  allow: {
    form: routeKeys.allow.form,
    example: '10.0.0.0/8',
    meaning: 'Visitors from elsewhere are sent away at once. By default all come in.',
  },
  listen: {
    form: 'a number from 1 to 65535, in digits',
    example: '5432',
    meaning:
      'The port of every edge that visitors come to; one service holds it. Below 1024, and 4222, 7070' +
      ' and 7071, it needs a grant of the [policy](policy.md). Without one there is no route.',
  },
  port: {
    ...PORT,
    meaning:
      'Where the program in the container listens. Needed when the image exposes none or several of' +
      ' this protocol.',
  },
  'proxy-protocol': {
    form: '`v1`',
    example: 'v1',
    meaning:
      'The container is told the address of the visitor by a line before his first byte, which its' +
      ' program has to expect. By default it sees the address of the edge.',
  },
  responses: {
    form: 'a number from 0 to 1000',
    example: '1',
    meaning:
      'So many datagrams answer one; then the edge forgets the visitor, instead of after the timeout.' +
      ' 0 for what is only sent, such as logs.',
  },
  timeout: {
    form: duration(TIMEOUT),
    example: '10m',
    meaning:
      'For so long both sides may be silent before the edge ends it. By default 60m for TCP and 30s for' +
      ' UDP.',
  },
} as const satisfies Record<StreamField, Meaning>

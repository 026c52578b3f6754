import type { Delivery } from '@roadstead/bus/ports.ts'

export type RejectedStream = 'events' | 'snapshots' | 'edges' | 'control' | 'stock'
export type InvalidDelivery = Extract<Delivery<never>, { kind: 'invalid' }>

/** Counts a message that was not understood and keeps where it came from, for inspection. */
export type Reject = (stream: RejectedStream, delivery: InvalidDelivery) => void

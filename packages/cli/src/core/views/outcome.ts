import { type ReasonCode, reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Tone } from '../cell.ts'

const TONES = { routed: 'good', waiting: 'warn', refused: 'bad' } as const

/** Colour of a reason: green when it is routed, yellow when time will tell, red when it will not. */
export function reasonTone(reason: ReasonCode): Tone {
  return TONES[reasonTable[reason].state]
}

import type { Explanation } from '@roadstead/shared/protocol/http.ts'

export type Step = Explanation['steps'][number]

export function yes(what: string, details: Record<string, string> = {}): Step {
  return { ok: true, what, details }
}

export function no(what: string, details: Record<string, string> = {}): Step {
  return { ok: false, what, details }
}

import type { CommandState } from './outlook.ts'

/** How the parts around a run behave. */
export interface Behaviour {
  readonly containers: number
  readonly edges: number
  /** From a table to the edge's word that it is quiet; undefined: it never says so. */
  readonly quietAfterMs: number | undefined
  /** From the command to another start; undefined: the agent does not do it. */
  readonly restartMs: number | undefined
  /** From a start to accepting connections; undefined: it never does. */
  readonly readyMs: number | undefined
  readonly reply: CommandState | undefined
}

export const healthy: Behaviour = {
  containers: 3,
  edges: 2,
  quietAfterMs: 250,
  restartMs: 500,
  readyMs: 300,
  reply: { kind: 'done', id: '', result: {} },
}

export interface Restarted {
  readonly ref: string
  readonly atMs: number
  /** It was no endpoint. */
  readonly isOut: boolean
  /** No edge had it in use. */
  readonly isQuiet: boolean
  readonly outForMs: number
}

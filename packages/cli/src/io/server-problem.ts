import type { Problem } from '@roadstead/shared/protocol/http.ts'

/** A master's own words about why it did not do what was asked. */
export class ServerProblem extends Error {
  readonly problem: Problem
  readonly server: string

  constructor(problem: Problem, server: string) {
    super(problem.detail)
    this.name = 'ServerProblem'
    this.problem = problem
    this.server = server
  }
}

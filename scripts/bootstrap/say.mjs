/** One line to the person at the terminal; standard output belongs to the program. */
export function say(/** @type {string} */ text) {
  process.stderr.write(`[setup] ${text}\n`)
}

/** Ends the bootstrap with a message for the person, and no stack trace. */
export class GiveUp extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

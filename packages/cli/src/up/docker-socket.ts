import fs from 'node:fs'

/**
 * Notes in the state directory which Docker socket the agent serves, so that `doctor` in another
 * terminal looks at the right one. Disposing of the result takes the note back.
 */
export function noteSocket(file: string, path: string | undefined): Disposable {
  fs.rmSync(file, { force: true })
  if (path !== undefined) fs.writeFileSync(file, `${path}\n`, { mode: 0o600 })
  return { [Symbol.dispose]: () => fs.rmSync(file, { force: true }) }
}

/** The socket that was noted; undefined when there is none. */
export function servedSocket(file: string): string | undefined {
  if (!fs.existsSync(file)) return undefined
  return fs.readFileSync(file, 'utf8').trim() || undefined
}

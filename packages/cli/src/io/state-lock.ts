import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/**
 * Holds a state directory for one process. A file with a process id in it cannot be taken over
 * without a race when its holder was killed; a lock that the kernel keeps can, and SQLite is the
 * way to one that Node has. It ends with the process, however that ends.
 *
 * @throws RoadsteadError `state-locked`
 */
export function lockStateDir(dir: string): Disposable {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const holderFile = path.join(dir, 'up.pid')
  const database = new DatabaseSync(path.join(dir, 'up.lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
  } catch (cause) {
    database.close()
    throw new RoadsteadError('state-locked', { dir, pid: holderOf(holderFile) }, { cause })
  }
  fs.writeFileSync(holderFile, `${process.pid}\n`)
  return {
    [Symbol.dispose]: () => {
      fs.rmSync(holderFile, { force: true })
      database.close()
    },
  }
}

function holderOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

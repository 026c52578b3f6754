import { execFile } from 'node:child_process'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const call = promisify(execFile)

/** A file system of its own that can be filled to the last block. Only root can mount one. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async mount(): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), 'roadstead-disk-'))
    await call('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'roadstead', path])
    return new SmallDisk(path)
  }

  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.path)
    await writeFile(join(this.path, 'ballast'), Buffer.alloc(bavail * bsize))
  }

  /** As a kernel does that has found errors, or somebody who has remounted it. */
  async allowWrites(allowed: boolean): Promise<void> {
    await call('mount', ['-o', `remount,${allowed ? 'rw' : 'ro'}`, this.path])
  }

  async free(): Promise<void> {
    await rm(join(this.path, 'ballast'), { force: true })
  }

  /** Lazy: whatever still holds a file there must not leave a mount behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    await call('umount', ['--lazy', this.path])
    await rm(this.path, { recursive: true, force: true })
  }
}

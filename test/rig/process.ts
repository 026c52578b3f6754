import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { startOf } from './proc.ts'
import type { RunFolder } from './run-folder.ts'

export interface Program {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What a failing test prints of each process; the whole is in a file of the run's folder. */
const RING_LINES_MAX = 60
const STOP_MS_MAX = 15_000

/** A program of the federation under test, in a process of its own that a test may hurt. */
export class Process implements AsyncDisposable {
  readonly name: string
  readonly #program: Program
  readonly #folder: RunFolder
  readonly #ring: string[] = []
  #child: ChildProcess
  #exit: Promise<Exit>
  #closed: Promise<void>

  private constructor(program: Program, folder: RunFolder) {
    this.name = program.name
    this.#program = program
    this.#folder = folder
    ;({ child: this.#child, exit: this.#exit, closed: this.#closed } = this.#spawn())
  }

  static start(program: Program, folder: RunFolder): Process {
    return new Process(program, folder)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get exited(): Promise<Exit> {
    return this.#exit
  }

  /** It has ended and all that it said has been read; for programs without children of their own. */
  get finished(): Promise<Exit> {
    return this.#closed.then(() => this.#exit)
  }

  isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts it again as it was started first. */
  async restart(): Promise<void> {
    if (this.isRunning()) await this.kill()
    ;({ child: this.#child, exit: this.#exit, closed: this.#closed } = this.#spawn())
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX)
    const exit = await this.#exit
    clearTimeout(timer)
    return exit
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  /** Holds it where it is: it answers nothing, and nothing tells that it will not. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  tail(): string {
    return this.#ring.map((line) => `  ${this.name} | ${line}`).join('\n')
  }

  lines(): readonly string[] {
    return this.#ring
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning()) await this.kill()
  }

  #spawn(): { child: ChildProcess; exit: Promise<Exit>; closed: Promise<void> } {
    const [file, ...args] = this.#program.command
    const child = spawn(file, args, {
      // Its own group: a Ctrl-C is for the test, which ends its parts itself.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited(), ...this.#program.env },
      cwd: this.#folder.path,
    })
    const { promise, resolve } = Promise.withResolvers<Exit>()
    child.on('error', (error) => {
      this.#keep(error.message)
      resolve({ code: 127, signal: null })
    })
    const closed = Promise.withResolvers<void>()
    child.on('close', () => closed.resolve())
    child.on('exit', (code, signal) => resolve({ code, signal }))
    if (child.pid !== undefined) {
      const start = startOf(child.pid) ?? ''
      this.#folder.record({ kind: 'process', pid: child.pid, start })
    }
    this.#readFrom(child)
    return { child, exit: promise, closed: closed.promise }
  }

  #readFrom(child: ChildProcess): void {
    const file = createWriteStream(path.join(this.#folder.path, `${this.name}.log`), { flags: 'a' })
    child.on('close', () => file.end())
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (text: string) => {
        file.write(text)
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#keep(line)
      })
    }
  }

  #keep(line: string): void {
    this.#ring.push(line)
    if (this.#ring.length > RING_LINES_MAX) this.#ring.shift()
  }
}

/** What a part may see of the test's own environment: never a setting of the person who tests. */
function inherited(): Record<string, string> {
  const extra = ['/usr/sbin', '/sbin', '/usr/local/sbin']
  return {
    PATH: [process.env['PATH'] ?? '', ...extra].join(':'),
    HOME: process.env['HOME'] ?? '/',
    ...compiled(),
  }
}

/** Parts start in half the time with what Node made of the same sources before, if a run keeps it. */
function compiled(): Record<string, string> {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

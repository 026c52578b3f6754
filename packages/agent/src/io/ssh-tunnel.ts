import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'
import { isChannelRefused, shownLine, sshArguments, TUNNEL_SOCKET } from '../core/ssh-words.ts'
import type { Way } from './engine-way.ts'

const PID_FILE = 'ssh.pid'
/** What `ssh` says about one refused channel explains the connections of that moment. */
const REFUSAL_LASTS_MS = 5_000
/** More on one line is a program that is not `ssh`. */
const REST_CHARS_MAX = 4_096

/**
 * The way to an engine through the system's own `ssh`, with its own checks of host keys, its agents, jump
 * hosts and configuration. It listens on a socket in the state folder, which only its owner can open.
 */
export class SshTunnel implements Way, AsyncDisposable {
  readonly name: string
  readonly #arguments: readonly string[]
  readonly #folder: string
  readonly #handle: FileHandle
  readonly #clock: Clock
  #ended: string | undefined
  #refused: { readonly line: string; readonly atMs: number } | undefined

  private constructor(parts: TunnelParts, handle: FileHandle) {
    this.name = parts.name
    this.#arguments = sshArguments(parts.address, parts.config)
    this.#folder = parts.folder
    this.#handle = handle
    this.#clock = parts.clock
  }

  /** Opens nothing yet but the folder; ends a `ssh` that a killed life of this agent left. */
  static async open(parts: TunnelParts): Promise<SshTunnel> {
    endOrphan(parts.folder)
    return new SshTunnel(parts, await open(parts.folder, 'r'))
  }

  connect(): Duplex {
    // A socket's path may have 107 bytes; through the open directory it is short wherever that is.
    const socket = connect({ path: `/proc/self/fd/${this.#handle.fd}/${TUNNEL_SOCKET}` })
    socket.once('connect', () => {
      this.#ended = undefined
    })
    return socket
  }

  trouble(): string | undefined {
    const { atMs = 0, line } = this.#refused ?? {}
    const isRefused = this.#clock.monoMs() - atMs < REFUSAL_LASTS_MS
    return this.#ended ?? (isRefused ? line : undefined)
  }

  /** One life of `ssh`: resolves with how it ended. It is killed when `signal` aborts. */
  async run(signal: AbortSignal): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const child = spawn('ssh', this.#arguments, {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const words = this.#listenTo(child)
    // One that is stopped takes no notice of any other signal.
    const end = (): void => void child.kill('SIGKILL')
    signal.addEventListener('abort', end, { once: true })
    child.once('error', ({ message }) => resolve(`ssh cannot be started: ${message}`))
    child.once('close', (code, by) => resolve(words() ?? `ssh ended by ${by ?? `code ${code}`}`))
    if (child.pid !== undefined) writeFileSync(join(this.#folder, PID_FILE), `${child.pid}\n`)
    if (signal.aborted) end()
    const how = await promise
    signal.removeEventListener('abort', end)
    this.#ended = how
    return how
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  #listenTo(child: ChildProcess): () => string | undefined {
    let rest = ''
    let last: string | undefined
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = (lines.pop() ?? '').slice(0, REST_CHARS_MAX)
      for (const line of lines.map(shownLine)) {
        if (line === '') continue
        if (isChannelRefused(line)) this.#refused = { line, atMs: this.#clock.monoMs() }
        last = line
      }
    })
    return () => last
  }
}

interface TunnelParts {
  readonly name: string
  readonly address: Extract<EngineAddress, { kind: 'ssh' }>
  readonly config: string | undefined
  /** The state folder: only its owner can look into it, and one agent at a time uses it. */
  readonly folder: string
  readonly clock: Clock
}

/** Its number may be somebody else's by now, but nobody else runs `ssh` in this folder. */
function endOrphan(folder: string): void {
  try {
    const pid = Number(readFileSync(join(folder, PID_FILE), 'utf8'))
    const isOurs =
      readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder) &&
      readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'ssh'
    if (isOurs) process.kill(pid, 'SIGKILL')
  } catch {
    // There was none, or it has ended.
  }
}

#!/usr/bin/env node
// Starts the command with the Node that this repository pins, on whatever Node is at hand: the
// sources are TypeScript and need a newer one than many systems have.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
const pinned = path.join(
  root,
  'node_modules',
  `node-${process.platform}-${process.arch}`,
  'bin',
  'node',
)
const node = fs.existsSync(pinned) ? pinned : process.execPath
const main = path.join(root, 'packages', 'cli', 'src', 'main.ts')
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
// A terminal sends its Ctrl-C to the child as well; what comes by `kill` comes only here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
})

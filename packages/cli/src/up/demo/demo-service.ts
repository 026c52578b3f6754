import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { ContainerSpec, EngineClient } from '../../io/engine-client.ts'
import { findProgram } from '../../io/find-program.ts'
import type { EngineChoice } from '../engine-choice.ts'

/** Resolves to this machine in every browser, without any DNS. */
export const DEMO_DOMAIN = 'demo.localhost'

export const DEMO_SERVICE = 'demo'

/** Every container of the demo carries it, so that all of them can be found and removed. */
export const DEMO_LABEL = 'roadstead-owner=demo'

const REPOSITORY = 'roadstead/demo'
const TAG = '1'
const PORT = 8080

/**
 * A page that names its container. On SIGTERM it answers for another second before it ends, as any
 * service should that does not want to lose what it has begun.
 */
const SERVE = [
  'mkdir -p /www',
  'echo "<!doctype html><title>Roadstead demo</title><h1>served by $NAME</h1>" > /www/index.html',
  "trap 'sleep 1; exit 0' TERM",
  `httpd -f -p ${PORT} -h /www & wait $!`,
].join('; ')

/** A container of the demo service, as somebody would start it by hand with `docker run -l`. */
export function demoContainer(name: string): ContainerSpec {
  return {
    name,
    image: `${REPOSITORY}:${TAG}`,
    labels: {
      'roadstead-owner': 'demo',
      'roadstead.host': DEMO_DOMAIN,
      'roadstead.service': DEMO_SERVICE,
      'roadstead.port': String(PORT),
    },
    // The image reads the first; a simulated container has no program and is told what to answer.
    env: [`NAME=${name}`, `SIMULATED_BODY=served by ${name}`, 'SIMULATED_STOP_AFTER_MS=1000'],
    port: PORT,
  }
}

/**
 * Makes the image out of this machine's own busybox, so that no registry is needed. The image stays: it
 * is two megabytes, and the next demo starts faster.
 */
export async function ensureDemoImage(
  engine: EngineClient,
  choice: EngineChoice,
  searched: string,
): Promise<void> {
  if (choice === 'simulated') return engine.pullImage(REPOSITORY, TAG)
  if (await engine.hasImage(`${REPOSITORY}:${TAG}`)) return
  const busybox = findProgram('busybox', 'busybox-static', searched)
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-demo-'))
  try {
    fs.mkdirSync(path.join(root, 'bin'))
    fs.mkdirSync(path.join(root, 'tmp'))
    fs.copyFileSync(busybox, path.join(root, 'bin', 'busybox'))
    for (const applet of ['sh', 'httpd', 'mkdir', 'sleep']) {
      fs.symlinkSync('busybox', path.join(root, 'bin', applet))
    }
    await engine.importImage({
      repository: REPOSITORY,
      tag: TAG,
      changes: [
        'LABEL roadstead-owner=demo',
        `EXPOSE ${PORT}`,
        `CMD ${JSON.stringify(['/bin/sh', '-c', SERVE])}`,
      ],
      tar: tarOf(root),
    })
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

/** The same bytes for the same files, whoever makes it and whenever. */
function tarOf(root: string) {
  const flags = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const tar = spawn('tar', ['-C', root, ...flags, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  tar.once('error', () => tar.stdout.destroy(new RoadsteadError('missing-program', PACKAGE)))
  return tar.stdout
}

const PACKAGE = { program: 'tar', package: 'tar' }

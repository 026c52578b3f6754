import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { findProgram, programFiles } from './host-files.ts'
import { type TarEntry, tarOf } from './tar.ts'

/** An image as an archive of its root, and the name that its content gives it. */
export interface Image {
  readonly tag: string
  readonly archive: Buffer
  /** Lines of a Dockerfile that `import` takes. */
  readonly changes: readonly string[]
}

/** What PATH, EXPOSE and CMD are worth in an image of ours. */
const CHANGES = ['ENV PATH=/bin:/usr/sbin', 'EXPOSE 80/tcp', 'CMD ["/bin/sh","/serve.sh"]'] as const

/**
 * A web server that says its name, made of this machine's own nginx and busybox, because tests may
 * not fetch an image. How it behaves is told by its environment: see `serve.sh`.
 */
export async function whoamiImage(): Promise<Image> {
  return imageOf('whoami', CHANGES, [
    ...(await programFiles(findProgram('nginx'), '/usr/sbin/nginx')),
    ...(await shellFiles()),
    { path: 'serve.sh', content: await beside('serve.sh'), mode: 0o755 },
    { path: 'whoami.conf', content: await beside('whoami.conf'), mode: 0o644 },
  ])
}

/** What the clerk needs of a system; its program is lent by `clerkMounts`. */
export async function clerkImage(): Promise<Image> {
  const changes = ['ENV PATH=/bin', 'EXPOSE 80/tcp', 'CMD ["/node","/clerk.ts"]']
  const files = await programFiles(process.execPath, '/node')
  return imageOf('clerk', changes, [
    ...files.filter(({ path }) => path !== 'node'),
    ...(await shellFiles()),
  ])
}

/** Node is ten times the rest of the image, and every engine of the rig sees this machine's disk. */
export function clerkMounts(): string[] {
  return mountsOf('clerk.ts')
}

export function porterMounts(): string[] {
  return mountsOf('porter.ts')
}

export function echoMounts(): string[] {
  return mountsOf('echo.ts')
}

function mountsOf(program: string): string[] {
  const file = fileURLToPath(new URL(program, import.meta.url))
  return [`${process.execPath}:/node:ro`, `${file}:/${program}:ro`]
}

/** A NATS server that only speaks, for tests whose part is an image. */
export async function natsImage(): Promise<Image> {
  const changes = ['EXPOSE 4222/tcp', 'ENTRYPOINT ["/nats-server"]', 'CMD ["-js","-m","8222"]']
  return imageOf('nats', changes, [
    ...(await programFiles(findProgram('nats-server'), '/nats-server')),
    ...(await shellFiles()),
  ])
}

/** Debian's registry, which keeps what it is given in the container. */
export async function registryImage(): Promise<Image> {
  const changes = ['EXPOSE 5000/tcp', 'CMD ["/docker-registry","serve","/registry.yml"]']
  const config = `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: /var/lib/registry } }
http: { addr: ":5000" }
`
  return imageOf('registry', changes, [
    ...(await programFiles(findProgram('docker-registry'), '/docker-registry')),
    ...(await shellFiles()),
    { path: 'registry.yml', content: Buffer.from(config), mode: 0o644 },
  ])
}

function imageOf(name: string, changes: readonly string[], files: readonly TarEntry[]): Image {
  const unique = [...new Map(files.map((file) => [file.path, file])).values()]
  const archive = tarOf(unique)
  const key = createHash('sha256').update(archive).update(changes.join('\n')).digest('hex')
  return { tag: `roadstead-test/${name}:${key.slice(0, 16)}`, archive, changes }
}

const APPLETS = ['sh', 'sleep', 'sed', 'kill', 'touch', 'rm', 'test', 'cat', 'wget']

async function shellFiles(): Promise<TarEntry[]> {
  const empty = Buffer.alloc(0)
  return [
    ...(await programFiles(findProgram('busybox'), '/bin/busybox')),
    ...APPLETS.map((applet) => ({
      path: `bin/${applet}`,
      content: empty,
      mode: 0o755,
      link: 'busybox',
    })),
    { path: 'tmp/', content: empty, mode: 0o1777 },
    { path: 'run/', content: empty, mode: 0o755 },
    { path: 'var/log/nginx/', content: empty, mode: 0o755 },
    { path: 'var/lib/nginx/', content: empty, mode: 0o755 },
    {
      path: 'etc/passwd',
      content: Buffer.from('root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n'),
      mode: 0o644,
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\nnogroup:x:65534:\n'), mode: 0o644 },
  ]
}

function beside(name: string): Promise<Buffer> {
  return readFile(fileURLToPath(new URL(name, import.meta.url)))
}

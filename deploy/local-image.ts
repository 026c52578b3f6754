/**
 * Makes the image of `Dockerfile` out of the programs of this machine, without any registry:
 *
 *   node deploy/local-image.ts [roadstead:local]
 *
 * For Debian 12 with nginx and its Lua module, nats-server and a Docker Engine, as root (files in
 * the image have owners).
 * The layout is that of the Dockerfile; the programs are those that were tested here.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '..')
const HOME = '/opt/roadstead'
const STATE = '/var/lib/roadstead'
const OWNER = 10_001
const SERVICES = ['agent', 'bus', 'cli', 'edge', 'master', 'shared', 'dashboard', 'simulator']
/** As in the Dockerfile: a named volume takes its owner from the folder it covers. */
const STATES = ['nats', 'master-1', 'master-2', 'agent', 'edge', 'provisioner']

const tag = process.argv[2] ?? 'roadstead:local'
const image = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-image-'))
// What mkdtemp makes is closed to others, and this is the root of the image.
fs.chmodSync(image, 0o755)
try {
  addRepository()
  addPrograms()
  addSystemFiles()
  importImage()
} finally {
  fs.rmSync(image, { recursive: true, force: true })
}

/** The sources and what they need at run time; links between packages stay links. */
function addRepository(): void {
  const home = path.join(image, HOME)
  for (const name of SERVICES) {
    const from = path.join(ROOT, 'packages', name)
    const keep = ['package.json', 'src', 'dist', 'bin'].filter((it) =>
      fs.existsSync(path.join(from, it)),
    )
    for (const it of keep) copy(path.join(from, it), path.join(home, 'packages', name, it))
  }
  copy(path.join(ROOT, 'package.json'), path.join(home, 'package.json'))
  for (const module of runtimeModules()) {
    copy(path.join(ROOT, module), path.join(home, module))
  }
  const links = path.join(home, 'node_modules', '@roadstead')
  fs.mkdirSync(links, { recursive: true })
  for (const name of SERVICES) fs.symlinkSync(`../../packages/${name}`, path.join(links, name))
  const bin = path.join(home, 'node_modules', '.bin')
  fs.mkdirSync(bin)
  const node = fs.realpathSync(process.execPath)
  copy(node, path.join(bin, 'node'))
}

/** Folders of node_modules that the services need, as npm knows them. */
function runtimeModules(): string[] {
  const workspaces = SERVICES.flatMap((name) => ['-w', `@roadstead/${name}`])
  const args = ['ls', '--omit=dev', '--all', '--parseable', ...workspaces]
  const listed = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' }).stdout.split('\n')
  return listed
    .map((line) => path.relative(ROOT, line))
    .filter((it) => it.startsWith('node_modules/') && !it.includes('@roadstead/'))
    .filter((it) => !path.basename(it).startsWith('node-linux-'))
}

/**
 * The live tier of an edge needs the first two, of which the second loads the first, and TCP and UDP
 * need the third; here as Debian has them.
 */
const MODULES = ['ndk_http_module.so', 'ngx_http_lua_module.so', 'ngx_stream_module.so'].map(
  (name) => `/usr/lib/nginx/modules/${name}`,
)
/** What the Lua module reads at its start. */
const LUA = '/usr/share/lua/5.1'

function addPrograms(): void {
  const programs = ['/usr/sbin/nginx', '/usr/sbin/nats-server', ...MODULES]
  copy(LUA, path.join(image, LUA))
  for (const program of [...programs, path.join(image, HOME, 'node_modules', '.bin', 'node')]) {
    if (programs.includes(program)) copy(fs.realpathSync(program), path.join(image, program))
    for (const library of librariesOf(program)) {
      const to = path.join(image, library)
      if (!fs.existsSync(to)) copy(fs.realpathSync(library), to)
    }
  }
}

/** A static program, which ldd refuses, needs none. */
function librariesOf(program: string): string[] {
  const text = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout
  return [...text.matchAll(/(\/\S+) \(0x/g)].flatMap(([, library]) => library ?? [])
}

function addSystemFiles(): void {
  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(image, file)), { recursive: true })
    fs.writeFileSync(path.join(image, file), text)
  }
  const user = (name: string, id: number): string => `${name}:x:${id}:${id}::/:/bin/false\n`
  const users = [['root', 0] as const, ['www-data', 33] as const, ['roadstead', OWNER] as const]
  write('/etc/passwd', users.map(([name, id]) => user(name, id)).join(''))
  write('/etc/group', users.map(([name, id]) => `${name}:x:${id}:\n`).join(''))
  write('/etc/nsswitch.conf', 'hosts: files dns\n')
  copy('/etc/ssl/certs/ca-certificates.crt', path.join(image, '/etc/ssl/certs/ca-certificates.crt'))
  fs.mkdirSync(path.join(image, 'tmp'), { mode: 0o1777 })
  fs.chmodSync(path.join(image, 'tmp'), 0o1777)
  for (const folder of ['', ...STATES]) own(path.join(STATE, folder), 0o700)
  own('/run/roadstead', 0o755)
}

/** A folder that our user may write to. */
function own(folder: string, mode: number): void {
  const made = path.join(image, folder)
  fs.mkdirSync(made, { recursive: true })
  fs.chmodSync(made, mode)
  fs.chownSync(made, OWNER, OWNER)
}

function importImage(): void {
  const changes = [
    `ENV ROADSTEAD_STATE_DIR=${STATE} NODE_ENV=production PATH=${HOME}/node_modules/.bin:/usr/sbin`,
    `USER ${OWNER}:${OWNER}`,
    `WORKDIR ${STATE}`,
    `ENTRYPOINT ["node", "${HOME}/packages/cli/src/main.ts"]`,
    'CMD ["--help"]',
  ].flatMap((change) => ['-c', change])
  const tar = path.join(image, '..', `${path.basename(image)}.tar`)
  try {
    execFileSync('tar', ['-C', image, '--sort=name', '--numeric-owner', '-cf', tar, '.'])
    execFileSync('docker', ['import', ...changes, tar, tag], { stdio: 'inherit' })
  } finally {
    fs.rmSync(tar, { force: true })
  }
}

function copy(from: string, to: string): void {
  fs.mkdirSync(path.dirname(to), { recursive: true })
  fs.cpSync(from, to, {
    recursive: true,
    filter: (file) => !file.endsWith('.test.ts') && !file.includes('/golden'),
  })
}

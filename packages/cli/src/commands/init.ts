import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { localHost } from '../core/reachable-address.ts'
import { enginesIn } from '../io/engines-file.ts'
import { ensureSecretFile } from '../io/secret-file.ts'
import type { Run, Shell } from '../shell.ts'
import { busUsers, ensureIdentities } from '../up/identities.ts'
import { AGENT_ID_FILE, layout } from '../up/layout.ts'
import { writeNatsFiles } from '../up/nats.ts'

export function addInit(program: Command, run: Run): void {
  program
    .command('init')
    .summary(
      'Make what containers and units need before they start: identities, NATS files, streams',
    )
    .description(
      'Makes, once, an identity for each role, the configuration of nats-server and the first API ' +
        'token in the state directory; then waits for NATS and creates its streams. `roadstead up` ' +
        'does all of this by itself. Safe to run again.',
    )
    .option('--engines <file>', 'also an identity for every engine named there')
    .option('--files-only', 'make the files and leave NATS alone')
    .option('--nats-port <port>', 'where nats-server shall listen (4222)')
    .option('--nats-url <url>', 'where the roles reach NATS')
    .option('--bind <address>', 'where nats-server shall listen (127.0.0.1)')
    .action((flags: { readonly filesOnly?: true }) => run((shell) => init(shell, flags)))
}

async function init(shell: Shell, flags: { readonly filesOnly?: true }): Promise<number> {
  const { clock, config, output, random, signal } = shell
  const paths = layout(config.stateDir)
  const site = SiteId.parse(config.site)
  const natsUrl = config.natsUrl ?? `nats://${localHost(config.bind)}:${config.natsPort}`
  const engines = Object.keys(enginesIn(config.engines))
  const identities = await ensureIdentities(paths, site, natsUrl, engines)
  const facts = { dir: paths.nats, site, bind: config.bind, port: config.natsPort }
  writeNatsFiles(facts, busUsers(identities))
  fs.writeFileSync(path.join(paths.edge, AGENT_ID_FILE), `${identities.agent.identity.id}\n`)
  if (config.token === undefined) ensureSecretFile(paths.adminToken)
  output.note(`state of site ${site} is in ${config.stateDir}\n`)
  if (flags.filesOnly === true) return 0
  const { identity, seed } = identities.provisioner
  const params = { natsUrl, seed, site, id: identity.id, clock, random, log: silentLog }
  await ensureTopology(params, signal)
  output.note(`streams at ${natsUrl} are as they should be\n`)
  return 0
}

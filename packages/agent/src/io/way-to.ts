import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'
import { type Way, wayOverTcp, wayOverTls, wayToSocket } from './engine-way.ts'
import { SshTunnel } from './ssh-tunnel.ts'

/** How to get to an engine, as far as that is not in its address. */
interface Means {
  readonly engine: EngineAddress
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`; without it TCP goes without TLS. */
  readonly certificates: string | undefined
  readonly sshConfig: string | undefined
}

/** The way to an engine, and the tunnel that somebody has to keep open for it. */
export async function wayTo(
  { engine, certificates, sshConfig }: Means,
  place: { readonly folder: string; readonly clock: Clock },
): Promise<{ readonly way: Way; readonly tunnel?: SshTunnel }> {
  switch (engine.kind) {
    case 'unix':
      return { way: wayToSocket(engine.path) }
    case 'tcp': {
      const { host, port } = engine
      if (certificates === undefined) return { way: wayOverTcp(host, port) }
      return { way: wayOverTls(host, port, certificates) }
    }
    case 'ssh': {
      const { host, user } = engine
      const name = `ssh://${user === undefined ? '' : `${user}@`}${host}`
      const tunnel = await SshTunnel.open({ name, address: engine, config: sshConfig, ...place })
      return { way: tunnel, tunnel }
    }
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { startSimulatedEngine } from '@roadstead/simulator/engine.ts'
import { endRun } from '../rig/end-run.ts'
import { Engine } from '../rig/engine.ts'
import { whoamiImage } from '../rig/image/whoami.ts'
import { Lan } from '../rig/lan.ts'
import { RunFolder } from '../rig/run-folder.ts'
import { engineContract, type Subject } from './engine.contract.ts'
import { stockContract } from './stock.contract.ts'

for (const [name, open] of [
  ['the simulated engine', simulated],
  ['a real Docker Engine', real],
] as const) {
  engineContract(name, open)
  stockContract(name, open)
}

async function simulated(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-engine-'))
  const socketPath = join(directory, 'docker.sock')
  const engine = await startSimulatedEngine({ clock, socketPath })
  const image = 'contract/whoami:1'
  engine.addImage({ reference: image, labels: { from: 'image' }, exposedPorts: ['80/tcp'] })
  return {
    docker: new Docker({ socketPath }),
    socketPath,
    image,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

async function real(): Promise<Subject> {
  const folder = new RunFolder()
  const dispose = (): Promise<void> => endRun(folder.path)
  try {
    const lan = await Lan.make(folder)
    const plain = await whoamiImage()
    const image = { ...plain, changes: [...plain.changes, 'LABEL from=image'] }
    const engine = await Engine.start('contract', await lan.plugIn(), folder, image)
    return {
      docker: engine.api,
      socketPath: engine.socket,
      image: image.tag,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

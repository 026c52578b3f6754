/** Starts an engine with a container and says where; somebody kills it then. */
import { Engine } from './engine.ts'
import { whoamiImage } from './image/whoami.ts'
import { Lan } from './lan.ts'
import { RunFolder } from './run-folder.ts'

const folder = new RunFolder()
const lan = await Lan.make(folder)
const engine = await Engine.start('left', await lan.plugIn(), folder, await whoamiImage())
await engine.run('left')
process.stdout.write(`${folder.path}\n`)

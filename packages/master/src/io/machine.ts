import { randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import process from 'node:process'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'

/** What the operating system says about where and as what this process runs. */
export function describeMachine(): { host: string; pid: number; instance: InstanceId } {
  const instance = InstanceId.parse(randomBytes(8).toString('hex'))
  return { host: hostname(), pid: process.pid, instance }
}

/** 32 hexadecimal digits, never used before. */
export function newCommandId(): string {
  return randomBytes(16).toString('hex')
}

/** Addresses that a server bound to `bind` answers on. */
export function listeningAddresses(bind: string): string[] {
  if (bind !== '0.0.0.0' && bind !== '::') return [bind]
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map(({ address }) => address)
}

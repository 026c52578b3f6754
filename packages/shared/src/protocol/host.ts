import { z } from 'zod'
import { LIST_PER_CONTAINER_MAX } from '../kernel/limits.ts'
import { IpAddress } from './container.ts'

const Text = z.string().max(1_024)

export const Engine = z.object({
  id: Text,
  version: z.string().max(64),
  apiVersion: z.string().max(16),
  storageDriver: Text,
  liveRestore: z.boolean(),
})

/** A machine as its engine describes it, and what the agent adds. */
export const HostFacts = z.object({
  /** Hostname; for people, need not be unique. */
  name: Text,
  os: Text,
  kernel: Text,
  architecture: z.string().max(32),
  cpus: z.int().nonnegative(),
  memoryBytes: z.int().nonnegative(),
  /** Where published ports can be reached from other hosts, best first. */
  addresses: z.array(IpAddress).max(32),
  engine: Engine,
  agentVersion: z.string().max(32),
})
export type HostFacts = z.infer<typeof HostFacts>

export const Network = z.object({
  id: z.string().max(128),
  name: Text,
  driver: z.string().max(64),
  scope: z.string().max(16),
  internal: z.boolean(),
  subnets: z.array(z.string().max(64)).max(16),
})
export type Network = z.infer<typeof Network>

export const NETWORKS_PER_HOST_MAX = 4 * LIST_PER_CONTAINER_MAX

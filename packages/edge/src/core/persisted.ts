import { z } from 'zod'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { TableRoute, TableService, TableStream } from '@roadstead/shared/protocol/table.ts'

const Stamp = z.object({
  epoch: z.int().positive(),
  version: z.int().positive(),
  instance: InstanceId,
})

/** What no later table may fall behind; on disk before nginx hears of a table. */
export const PersistedFence = z.object({
  v: z.literal(1),
  epochMax: z.int().nonnegative(),
  stamp: Stamp.optional(),
})
export type PersistedFence = z.infer<typeof PersistedFence>

/** The table in force, for the time after a restart when no master is there to say it again. */
export const PersistedTable = z.object({
  v: z.literal(1),
  stamp: Stamp,
  services: z.array(TableService),
  routes: z.array(TableRoute),
  /** Absent in what earlier versions wrote. */
  streams: z.array(TableStream).default([]),
})
export type PersistedTable = z.infer<typeof PersistedTable>

/** Certificates of the folder as they were last served, for when their files are broken at a start. */
export const PersistedCertificates = z.object({
  v: z.literal(1),
  pairs: z.array(z.object({ name: z.string(), chain: z.string(), key: z.string() })),
})
export type PersistedCertificates = z.infer<typeof PersistedCertificates>

import { z } from 'zod'
import { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { IpAddress } from '@roadstead/shared/protocol/container.ts'
import { count, flag, listOf, recordOf, text } from './json-parts.ts'

/**
 * The slice of the Engine API (1.41 and newer, and Podman's copy of it) that the agent reads.
 *
 * What is not named here is dropped at this door: Cmd, Entrypoint, Args and health output never get
 * further.
 */
const address = z
  .string()
  .nullish()
  // Most are empty, and a refusal is made with all its words.
  .transform((value) => (value ? IpAddress.safeParse(value).data : undefined))
const Bindings = recordOf(listOf(z.object({ HostIp: text, HostPort: text })))
const Networks = recordOf(
  z.object({
    NetworkID: text,
    IPAddress: address,
    GlobalIPv6Address: address,
    Aliases: listOf(z.string()),
  }),
)
const Labels = recordOf(z.string())

/** `GET /containers/{id}/json` */
export const InspectJson = z.object({
  Id: ContainerId,
  Name: text,
  Created: text,
  Image: text,
  RestartCount: count,
  State: z.object({
    Status: text,
    Running: flag,
    ExitCode: count,
    StartedAt: text,
    FinishedAt: text,
    Health: z.object({ Status: text }).nullish(),
  }),
  Config: z.object({
    Image: text,
    Labels,
    Env: listOf(z.string()),
    ExposedPorts: recordOf(z.unknown()),
    StopSignal: z.union([z.string(), z.int().transform(String)]).nullish(),
    StopTimeout: z.int().nullish(),
  }),
  HostConfig: z.object({
    NetworkMode: text,
    RestartPolicy: z.object({ Name: text }).nullish(),
    PortBindings: Bindings,
  }),
  NetworkSettings: z.object({ Ports: Bindings, Networks }),
  Mounts: listOf(z.object({ Type: text, Name: text, Source: text, Destination: text, RW: flag })),
})
export type InspectJson = z.infer<typeof InspectJson>

/** The same answer, of which only who it is about is read. */
export const IdJson = z.object({ Id: ContainerId })

/** One item of `GET /containers/json?all=1`: enough to know what is there and what changed. */
export const ListedJson = z.object({
  Id: ContainerId,
  Names: listOf(z.string()),
  State: text,
  Status: text,
  NetworkSettings: z.object({ Networks }).nullish(),
})
export type ListedJson = z.infer<typeof ListedJson>

/** `GET /images/{id}/json` */
export const ImageJson = z.object({
  RepoDigests: listOf(z.string()),
  Config: z.object({ Labels, Env: listOf(z.string()) }).nullish(),
})
export type ImageJson = z.infer<typeof ImageJson>

/** One item of `GET /networks` */
export const NetworkJson = z.object({
  Id: text,
  Name: text,
  Driver: text,
  Scope: text,
  Internal: flag,
  IPAM: z.object({ Config: listOf(z.object({ Subnet: text })) }).nullish(),
})
export type NetworkJson = z.infer<typeof NetworkJson>

/** `GET /info` */
export const InfoJson = z.object({
  ID: text,
  Name: text,
  OperatingSystem: text,
  KernelVersion: text,
  Architecture: text,
  NCPU: count,
  MemTotal: count,
  Driver: text,
  LiveRestoreEnabled: flag,
})
export type InfoJson = z.infer<typeof InfoJson>

/** `GET /version` */
export const VersionJson = z.object({ Version: text, ApiVersion: text, MinAPIVersion: text })
export type VersionJson = z.infer<typeof VersionJson>

/** One line of `GET /events`; `timeNano` was read from the text, since no number can hold it. */
export const EventJson = z.object({
  Type: text,
  Action: text,
  Actor: z.object({ ID: text, Attributes: Labels }),
  timeNano: z.string().regex(/^[0-9]{1,20}$/),
})
export type EventJson = z.infer<typeof EventJson>

import { z } from 'zod'

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
const record = <Item extends z.ZodType>(item: Item) =>
  z
    .record(z.string(), item)
    .nullish()
    .transform((value) => value ?? {})

const Endpoint = z
  .object({ Aliases: z.array(z.string()).nullish() })
  .nullish()
  .transform((value) => ({ Aliases: value?.Aliases ?? [] }))

/** The part of `POST /containers/create` that the simulated engine understands. */
export const CreateRequest = z.object({
  Image: z.string(),
  Env: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  Labels: record(z.string()),
  ExposedPorts: record(z.unknown()),
  Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish(),
  StopSignal: z.string().nullish(),
  StopTimeout: z.int().nullish(),
  HostConfig: z
    .object({
      NetworkMode: text,
      Mounts: z
        .array(
          z.object({
            Type: z.literal('volume'),
            Source: z.string(),
            Target: z.string(),
            ReadOnly: z.boolean().default(false),
          }),
        )
        .nullish(),
      RestartPolicy: z.object({ Name: text }).nullish(),
      PortBindings: record(z.array(z.object({ HostIp: text, HostPort: text })).nullable()),
    })
    .nullish(),
  NetworkingConfig: z.object({ EndpointsConfig: record(Endpoint) }).nullish(),
})
export type CreateRequest = z.infer<typeof CreateRequest>

/** How a simulated container behaves: said by its environment, as a real program would be told. */
export interface Behaviour {
  readonly listenAfterMs: number
  readonly healthyAfterMs: number
  /** Undefined: it ignores the stop signal and has to be killed. */
  readonly stopAfterMs: number | undefined
  readonly body: string
  /** Undefined: every exposed port. */
  readonly ports: readonly number[] | undefined
}

export function behaviourOf(env: readonly string[]): Behaviour {
  const value = (name: string): string | undefined =>
    env.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
  const stopAfter = value('SIMULATED_STOP_AFTER_MS')
  return {
    listenAfterMs: Number(value('SIMULATED_LISTEN_AFTER_MS') ?? 0),
    healthyAfterMs: Number(value('SIMULATED_HEALTHY_AFTER_MS') ?? 50),
    stopAfterMs: stopAfter === 'never' ? undefined : Number(stopAfter ?? 0),
    body: value('SIMULATED_BODY') ?? '',
    ports: value('SIMULATED_PORTS')?.split(',').map(Number),
  }
}

import { z } from 'zod'

/** What the echoing server says about the request that reached it. */
const Echo = z.object({ url: z.string(), headers: z.record(z.string(), z.string()) })

export function echoOf(body: string): z.infer<typeof Echo> {
  return Echo.parse(JSON.parse(body))
}

/**
 * The numbers that bind more than one package. A limit that only one file needs lives in that file.
 * Each says why it has the value it has.
 */

/** An event on the bus. Docker allows large labels; a container beyond this is reported, not sent. */
export const EVENT_BYTES_MAX = 256 * 1024

/** One part of a snapshot or table: half of NATS's default message limit, so headers always fit. */
export const PART_BYTES_MAX = 512 * 1024

/** Parts of one snapshot: 64 × 512 KiB carry about 8,000 containers a host. */
export const SNAPSHOT_PARTS_MAX = 64

export const HEARTBEAT_MS = 5_000
/**
 * For so long an agent obeys a command that quotes a nonce. A leader that saw any beat of the first
 * two thirds of this time holds one that counts, and who was held up for longer holds none.
 */
export const NONCE_LIFE_MS = 30_000
/** Silence of a host: three missed beats, nine, a day. */
export const STALE_AFTER_MS = 15_000
export const LOST_AFTER_MS = 45_000
export const FORGOTTEN_AFTER_MS = 24 * 3_600_000

/** Lease on one nats-server, and on a cluster of three, whose own elections take up to a second more. */
export const LEASE_SINGLE_MS = 2_000
export const LEASE_CLUSTER_MS = 3_000

/** Recognised labels and bytes of one container; what is beyond is refused with a finding. */
export const LABELS_PER_CONTAINER_MAX = 64
export const LABEL_BYTES_PER_CONTAINER_MAX = 16 * 1024
export const ROUTES_PER_CONTAINER_MAX = 16
export const DOMAINS_PER_LABEL_MAX = 16
export const ROUTES_PER_HOST_MAX = 512
export const ROUTES_MAX = 10_000

/** Labels carried to the masters for people to read, each cut to this length by the agent. */
export const LABELS_CARRIED_MAX = 256
export const LABEL_VALUE_CARRIED_MAX = 4_096

/** Networks, mounts, ports and environment names carried per container. */
export const LIST_PER_CONTAINER_MAX = 256

/**
 * Every error a person can meet, in one table: what happened, what to do about it, and how HTTP and
 * the shell report it. `docs/errors.md` is generated from here. Codes are promises: never renamed.
 */
interface ErrorEntry {
  readonly summary: string
  readonly remedy: string
  readonly http: number
  readonly exit: ExitCode
}

/** Exit codes of the CLI. 1: failed or "no"; the rest say why. */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 7

export const errorTable = {
  'bad-input': {
    summary: 'The request or argument does not have the expected form.',
    remedy: 'Correct the fields named in the message and try again.',
    http: 400,
    exit: 2,
  },
  'bad-config': {
    summary: 'The configuration has errors; each is listed with its key.',
    remedy: 'Correct every key that is listed; docs/config.md has all of them.',
    http: 500,
    exit: 2,
  },
  'bad-policy': {
    summary: 'The policy has errors and was not taken.',
    remedy: 'Correct what is listed: roadstead policy check names each line; docs/policy.md.',
    http: 422,
    exit: 2,
  },
  'policy-changed': {
    summary: 'Somebody else has changed the policy in the meantime.',
    remedy: 'Look at it with roadstead policy show, bring both together, and apply that.',
    http: 412,
    exit: 5,
  },
  'bad-certificate': {
    summary: 'The certificate or its key cannot be used.',
    remedy:
      'Give the certificate of the names first, then those that signed it, and the key of the first, in PEM.',
    http: 422,
    exit: 2,
  },
  'object-sealed': {
    summary: 'This master holds no key for what is kept under this name.',
    remedy:
      'Replace all of it, which needs no look at what was there; or let a master lead that holds a key.',
    http: 409,
    exit: 5,
  },
  'not-found': {
    summary: 'Nothing has this name or id.',
    remedy:
      'List what there is (for example `roadstead ps`) and use a name, an id or a unique prefix.',
    http: 404,
    exit: 3,
  },
  'before-log': {
    summary: 'The change log of the masters does not reach back so far.',
    remedy:
      'The message says where it begins. Keep more with ROADSTEAD_HISTORY_DAYS; what is over stays unknown.',
    http: 404,
    exit: 3,
  },
  'log-unreadable': {
    summary: 'The change log cannot be read now.',
    remedy: 'Free space in the state directory of the master and see that it may be written to.',
    http: 503,
    exit: 1,
  },
  'ambiguous-name': {
    summary: 'More than one thing has this name or id prefix.',
    remedy: 'Use one of the full names in the message.',
    http: 409,
    exit: 3,
  },
  'not-signed-in': {
    summary: 'No valid token or session came with the request.',
    remedy: 'Pass --token-file or set ROADSTEAD_TOKEN; the first token is in the state directory.',
    http: 401,
    exit: 4,
  },
  'not-allowed': {
    summary: 'This identity may not do that.',
    remedy: 'Ask for a token with the role that the message names.',
    http: 403,
    exit: 4,
  },
  'bad-origin': {
    summary: 'The request came from a page that is not this server.',
    remedy:
      'Open the dashboard under the address that the server listens on, or set ROADSTEAD_API_HOSTS.',
    http: 403,
    exit: 4,
  },
  'too-many-requests': {
    summary: 'This client asks faster than it may.',
    remedy: 'Wait as long as the Retry-After header says.',
    http: 429,
    exit: 1,
  },
  'not-leader': {
    summary: 'This master is a standby and only the leader writes.',
    remedy: 'Send the request to the leader that the answer names.',
    http: 409,
    exit: 5,
  },
  'run-under-way': {
    summary: 'Another run has this container in its hands, or too many runs are under way.',
    remedy: 'Wait until it has ended: `roadstead runs` shows how far it is.',
    http: 409,
    exit: 5,
  },
  'token-refused': {
    summary: 'The join token is unknown, used up or expired.',
    remedy: 'Make a new one on a master: roadstead token create --ttl 1h --uses 1.',
    http: 403,
    exit: 4,
  },
  'already-joined': {
    summary: 'This state directory has an identity already.',
    remedy:
      'Use another --state-dir; or leave first: stop the role, then remove identity.json and nkey.seed.',
    http: 409,
    exit: 5,
  },
  'master-unreachable': {
    summary: 'No master answered.',
    remedy: 'Check --server or ROADSTEAD_SERVER and that `roadstead up` or a master runs there.',
    http: 502,
    exit: 6,
  },
  'agent-unreachable': {
    summary: 'The agent of this host did not answer the command.',
    remedy: 'Look at the host with `roadstead hosts`; the agent acts again once it is connected.',
    http: 504,
    exit: 6,
  },
  'bus-unreachable': {
    summary: 'NATS cannot be reached.',
    remedy: 'Check ROADSTEAD_NATS_URL and that nats-server runs; routes in force go on serving.',
    http: 503,
    exit: 6,
  },
  'bus-refused': {
    summary: 'NATS refused the operation.',
    remedy:
      'Check that nats-server knows this identity: look at its log, and join again if it was removed.',
    http: 503,
    exit: 4,
  },
  'bus-full': {
    summary: 'A stream is full and takes no more.',
    remedy: 'Free disk space or raise the limit of the stream that the message names.',
    http: 503,
    exit: 1,
  },
  'bus-unsuitable': {
    summary: 'The NATS server lacks what Roadstead needs, or a stream is set up differently.',
    remedy:
      'Run nats-server 2.9.10 or newer with JetStream, and let `roadstead doctor` compare the streams.',
    http: 503,
    exit: 1,
  },
  'engine-unreachable': {
    summary: 'The Docker Engine does not answer.',
    remedy: 'Start it, or set DOCKER_HOST to its socket; the last known state is kept meanwhile.',
    http: 503,
    exit: 6,
  },
  'engine-certificate': {
    summary: 'The Docker Engine and this agent do not accept each other’s certificates.',
    remedy:
      'Compare ca.pem, cert.pem and key.pem of this engine with those that it was started with: who' +
      ' signed them, for which names, and until when.',
    http: 503,
    exit: 4,
  },
  'engine-ssh': {
    summary: 'There is no way to the Docker Engine over SSH.',
    remedy:
      'Run the same ssh by hand as the user of the agent: it must log in without asking anything, know' +
      ' the key of the host, and be allowed to forward to the socket there.',
    http: 503,
    exit: 6,
  },
  'engine-forbidden': {
    summary: 'The Docker socket may not be opened by this user.',
    remedy: 'Run the agent as root or as a member of the group that owns the socket.',
    http: 503,
    exit: 4,
  },
  'engine-too-old': {
    summary: 'The Docker Engine speaks an API older than 1.41.',
    remedy: 'Upgrade the engine to Docker 20.10 or newer.',
    http: 503,
    exit: 1,
  },
  'engine-answer': {
    summary: 'The Docker Engine gave an answer that makes no sense.',
    remedy:
      'Report it with the field named in the message; the container concerned is left as it was.',
    http: 502,
    exit: 1,
  },
  'host-present': {
    summary: 'The agent of this host still runs, so the host is not removed.',
    remedy:
      'Stop its agent first. One that was killed counts as running until it has been silent for 15 s.',
    http: 409,
    exit: 5,
  },
  'simulation-refused': {
    summary: 'This federation does not route to simulated hosts.',
    remedy:
      'The message says why. Where its policy has claims, one more lets them in, and nobody else:' +
      ' hosts: all, domains: [.simulated.example].',
    http: 409,
    exit: 5,
  },
  'command-refused': {
    summary: 'The agent refused the command.',
    remedy:
      'The reason is in the message; a command must be signed, fresh and addressed to this host.',
    http: 409,
    exit: 5,
  },
  'port-busy': {
    summary: 'Another process listens on this port already.',
    remedy: 'Stop that process, or choose another port with the variable in the message.',
    http: 500,
    exit: 1,
  },
  'disk-full': {
    summary: 'The disk is full.',
    remedy: 'Free space under the directory in the message; what is in force stays in force.',
    http: 507,
    exit: 1,
  },
  'disk-failed': {
    summary: 'A file could not be read or written.',
    remedy: 'Check that the path in the message exists and belongs to this user.',
    http: 500,
    exit: 1,
  },
  'state-locked': {
    summary: 'Another process uses this state directory.',
    remedy: 'Stop it, or give this one a directory of its own with ROADSTEAD_STATE_DIR.',
    http: 500,
    exit: 5,
  },
  'socket-taken': {
    summary: 'The Docker socket cannot be served at this path.',
    remedy:
      'Stop whoever listens there or remove the file, or set ROADSTEAD_DOCKER_SOCKET to another path.',
    http: 500,
    exit: 5,
  },
  'missing-program': {
    summary: 'A program that is needed is not installed.',
    remedy: 'Install the package named in the message, or run `npm run setup`.',
    http: 500,
    exit: 1,
  },
  'nginx-failed': {
    summary: 'nginx did not start or did not take the configuration.',
    remedy: 'Look at `roadstead doctor` and at nginx.log in the state directory of the edge.',
    http: 503,
    exit: 1,
  },
  'timed-out': {
    summary: 'It took longer than allowed.',
    remedy: 'Try again; if it repeats, look at the part named in the message.',
    http: 504,
    exit: 7,
  },
  internal: {
    summary: 'Something broke inside Roadstead.',
    remedy: 'Report it with the id in the message and the log line that has the same id.',
    http: 500,
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

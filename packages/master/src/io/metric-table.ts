/**
 * Every metric of a master: `docs/metrics.md` is made from here. Labels are bounded: host and edge
 * names, closed lists, route patterns; never a container, an address or a path that a client chose.
 */
interface MetricEntry {
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const none: readonly string[] = []

export const metricTable = {
  buildInfo: {
    kind: 'gauge',
    name: 'roadstead_build_info',
    help: 'Always 1; what runs here.',
    labels: ['version', 'node', 'role'],
  },
  leader: {
    kind: 'gauge',
    name: 'roadstead_leader',
    help: '1 on the master that leads; the sum over a pair must be 1.',
    labels: none,
  },
  leaderEpoch: {
    kind: 'gauge',
    name: 'roadstead_leader_epoch',
    help: 'Number of the leadership as this master sees it.',
    labels: none,
  },
  elections: {
    kind: 'counter',
    name: 'roadstead_leader_elections_total',
    help: 'Changes of what this master is in the election, by what it became.',
    labels: ['became'],
  },
  hosts: {
    kind: 'gauge',
    name: 'roadstead_hosts',
    help: 'Hosts by presence.',
    labels: ['presence'],
  },
  agentUp: {
    kind: 'gauge',
    name: 'roadstead_agent_up',
    help: '1 while the agent of the host is heard.',
    labels: ['host'],
  },
  agentInfo: {
    kind: 'gauge',
    name: 'roadstead_agent_info',
    help: 'Always 1; versions on the host.',
    labels: ['host', 'version', 'engine_version', 'api_version', 'os', 'arch'],
  },
  agentLastSeen: {
    kind: 'gauge',
    name: 'roadstead_agent_last_seen_timestamp_seconds',
    help: 'When the host was heard last, by the clock of this master.',
    labels: ['host'],
  },
  sequenceGaps: {
    kind: 'counter',
    name: 'roadstead_agent_sequence_gaps_total',
    help: 'Observations that were noticed to be missing.',
    labels: ['host'],
  },
  resyncs: {
    kind: 'counter',
    name: 'roadstead_agent_resyncs_total',
    help: 'Snapshots asked for, by reason.',
    labels: ['host', 'reason'],
  },
  eventsReceived: {
    kind: 'counter',
    name: 'roadstead_events_received_total',
    help: 'Observations received, by kind.',
    labels: ['kind'],
  },
  eventsDiscarded: {
    kind: 'counter',
    name: 'roadstead_events_discarded_total',
    help: 'Messages that changed nothing, by reason.',
    labels: ['reason'],
  },
  inventoryObjects: {
    kind: 'gauge',
    name: 'roadstead_inventory_objects',
    help: 'Objects in the inventory, by kind.',
    labels: ['kind'],
  },
  routes: {
    kind: 'gauge',
    name: 'roadstead_routes',
    help: 'Routes by state: routed, or the reason why nothing serves them.',
    labels: ['state'],
  },
  natsUp: {
    kind: 'gauge',
    name: 'roadstead_nats_up',
    help: '1 while NATS can be used.',
    labels: none,
  },
  writes: {
    kind: 'counter',
    name: 'roadstead_control_writes_total',
    help: 'Writes of this master to the control stream, by kind and outcome.',
    labels: ['kind', 'outcome'],
  },
  runs: {
    kind: 'counter',
    name: 'roadstead_runs_total',
    help: 'Runs that this master has ended as the leader, by verb and outcome.',
    labels: ['verb', 'outcome'],
  },
  runsUnderWay: {
    kind: 'gauge',
    name: 'roadstead_runs_under_way',
    help: 'Runs that have not ended yet.',
    labels: none,
  },
  heldRequests: {
    kind: 'gauge',
    name: 'roadstead_held_requests',
    help: 'Requests to the engine of the host that its agent holds until no edge needs the container.',
    labels: ['host'],
  },
  commands: {
    kind: 'counter',
    name: 'roadstead_commands_total',
    help: 'Commands that changed a container, by verb and outcome.',
    labels: ['verb', 'outcome'],
  },
  shadowDifferences: {
    kind: 'counter',
    name: 'roadstead_shadow_differences_total',
    help: 'Tables of the leader that this standby derived differently from the same input; must be 0.',
    labels: none,
  },
  negativeSkew: {
    kind: 'counter',
    name: 'roadstead_change_negative_skew_total',
    help: 'Stages that ended before they began by the clocks involved, counted as 0 seconds.',
    labels: ['stage'],
  },
  changeSeconds: {
    kind: 'histogram',
    name: 'roadstead_change_seconds',
    help: 'From the event of the Docker Engine to the first answer of nginx, by stage.',
    labels: ['stage'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  edgeReporting: {
    kind: 'gauge',
    name: 'roadstead_edge_reporting',
    help: '1 while the edge reports.',
    labels: ['edge'],
  },
  edgeInfo: {
    kind: 'gauge',
    name: 'roadstead_edge_info',
    help: 'Always 1; what the edge runs.',
    labels: ['edge', 'nginx_version', 'tier', 'generation'],
  },
  edgeVersionsBehind: {
    kind: 'gauge',
    name: 'roadstead_edge_versions_behind',
    help: 'How many tables the edge is behind the desired one.',
    labels: ['edge'],
  },
  edgeReloads: {
    kind: 'gauge',
    name: 'roadstead_edge_reloads',
    help: 'Reloads of nginx since the edge started.',
    labels: ['edge'],
  },
  edgePushes: {
    kind: 'gauge',
    name: 'roadstead_edge_pushes',
    help: 'Changes of the running nginx without a reload since the edge started; in the live tier.',
    labels: ['edge'],
  },
  edgeWaiting: {
    kind: 'gauge',
    name: 'roadstead_edge_waiting_requests',
    help: 'Requests that wait for an endpoint of a service with `roadstead.hold`; in the live tier.',
    labels: ['edge'],
  },
  edgeBusy: {
    kind: 'gauge',
    name: 'roadstead_edge_busy_containers',
    help: 'Containers that are out of routing and still answer requests through the edge.',
    labels: ['edge'],
  },
  edgeQuarantined: {
    kind: 'gauge',
    name: 'roadstead_edge_quarantined_routes',
    help: 'Routes left out because nginx did not take them.',
    labels: ['edge'],
  },
  edgeObjectsBehind: {
    kind: 'gauge',
    name: 'roadstead_edge_objects_behind',
    help: 'Users and certificates that the edge has not, or not as they are kept now.',
    labels: ['edge'],
  },
  certificateExpiry: {
    kind: 'gauge',
    name: 'roadstead_certificate_expiry_timestamp_seconds',
    help: 'When a certificate that the masters keep ends.',
    labels: ['certificate'],
  },
  edgeCertificateExpiry: {
    kind: 'gauge',
    name: 'roadstead_edge_certificate_expiry_timestamp_seconds',
    help: 'When a certificate ends that the edge has from its folder; those that end first.',
    labels: ['edge', 'certificate'],
  },
  edgeCertificateProblems: {
    kind: 'gauge',
    name: 'roadstead_edge_certificate_problems',
    help: 'Certificates that the edge does not take, and a folder that it cannot read.',
    labels: ['edge'],
  },
  edgeOldGenerations: {
    kind: 'gauge',
    name: 'roadstead_edge_old_generations',
    help: 'Generations of nginx workers that still finish old connections.',
    labels: ['edge'],
  },
  historyChanges: {
    kind: 'counter',
    name: 'roadstead_history_changes_total',
    help: 'Notes written to the change log.',
    labels: none,
  },
  historyLost: {
    kind: 'counter',
    name: 'roadstead_history_lost_total',
    help: 'Changes that the change log did not take in time; must be 0.',
    labels: none,
  },
  historyFetched: {
    kind: 'counter',
    name: 'roadstead_history_fetched_total',
    help: 'Rows of the change log and of the audit that another master had and this one did not.',
    labels: none,
  },
  historyWaiting: {
    kind: 'gauge',
    name: 'roadstead_history_waiting',
    help: 'Changes in memory that are not in the change log yet.',
    labels: none,
  },
  historyWritten: {
    kind: 'gauge',
    name: 'roadstead_history_written',
    help: '1 while the change log can be written.',
    labels: none,
  },
  historyBytes: {
    kind: 'gauge',
    name: 'roadstead_history_bytes',
    help: 'What the change log takes on the disk, as it was looked at last.',
    labels: none,
  },
  httpRequests: {
    kind: 'counter',
    name: 'roadstead_http_requests_total',
    help: 'Requests to the API.',
    labels: ['method', 'route', 'status'],
  },
  httpSeconds: {
    kind: 'histogram',
    name: 'roadstead_http_request_duration_seconds',
    help: 'How long requests to the API took.',
    labels: ['method', 'route'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  },
  wsClients: {
    kind: 'gauge',
    name: 'roadstead_ws_clients',
    help: 'Clients of the live feed.',
    labels: none,
  },
  wsLagged: {
    kind: 'counter',
    name: 'roadstead_ws_lagged_total',
    help: 'Times a client of the live feed read too slowly and was sent a snapshot instead.',
    labels: none,
  },
} as const satisfies Record<string, MetricEntry>

import {
  DOMAINS_PER_LABEL_MAX,
  LABEL_BYTES_PER_CONTAINER_MAX,
  LABELS_PER_CONTAINER_MAX,
  ROUTES_MAX,
  ROUTES_PER_CONTAINER_MAX,
} from '@roadstead/shared/kernel/limits.ts'
import { z } from 'zod'
import { KEPT_MS_LEAST, KEPT_MS_MOST } from '../routes/policy.ts'
import { TIMEOUT } from '../routes/durations.ts'
import { readHsts, readHttps, readLimit, readSize } from '../routes/label-values-route.ts'
import { RuleTemplate } from './default-rule.ts'
import {
  asInLabel,
  count,
  DomainPattern,
  duration,
  EntryName,
  EntryPort,
  Flag,
  HostText,
  PortPattern,
  ProjectText,
} from './values.ts'

/**
 * What the policy may say. Every key is optional: a document that says nothing allows what no document
 * allows. `docs/policy.md` is made from this and from `policy-keys.ts`.
 */

const GRANTS_MAX = 1_000
const NAMES_PER_GRANT_MAX = 256
/** Hosts with something of their own; a fleet of hundreds shares what it has. */
const HOSTS_MAX = 1_000

const hosts = z
  .union([z.literal('all'), z.array(HostText).min(1).max(NAMES_PER_GRANT_MAX)], {
    error: 'This names no hosts. Write a list of names or ids, or all.',
  })
  .optional()
const projects = z
  .array(ProjectText, 'This must be a list. Write each project on a line of its own, after "- ".')
  .min(1, 'The list is empty. Name a project, or leave the key out.')
  .max(NAMES_PER_GRANT_MAX)
  .optional()

const ClaimEntry = z
  .strictObject(
    {
      hosts,
      projects,
      domains: z
        .array(DomainPattern, 'This must be a list of names. Write each after "- ".')
        .min(1, 'The list is empty. Name a domain, or leave the key out.')
        .max(NAMES_PER_GRANT_MAX)
        .optional(),
      ports: z
        .array(
          PortPattern,
          'This must be a list. Write each port on a line of its own, after "- ".',
        )
        .min(1, 'The list is empty. Name a port, or leave the key out.')
        .max(NAMES_PER_GRANT_MAX)
        .optional(),
    },
    'An entry says who may hold which names. Write hosts or projects, and domains or ports.',
  )
  .refine((entry) => entry.hosts !== undefined || entry.projects !== undefined, {
    error:
      'This entry does not say for whom it is. Add hosts, or projects; hosts: all is everybody.',
  })
  .refine((entry) => entry.domains !== undefined || entry.ports !== undefined, {
    error: 'This entry does not say what may be held. Add domains, or ports.',
  })
export type ClaimEntry = z.infer<typeof ClaimEntry>

const Language = z.enum(
  ['roadstead', 'traefik', 'nginx-proxy'],
  'No such language is read. Write roadstead, traefik or nginx-proxy.',
)
const languages = z
  .array(Language, 'This must be a list. Write [roadstead, traefik, nginx-proxy], or fewer.')
  .max(3, 'There are three languages. Name each once.')
  .refine((list) => new Set(list).size === list.length, 'Name each language once.')

const SECTION = 'This must be a section. Write its keys below it, each two blanks further in.'

function byHost<Value extends z.ZodType>(value: Value) {
  return z
    .record(HostText, value, SECTION)
    .refine((all) => Object.keys(all).length <= HOSTS_MAX, `At most ${HOSTS_MAX} hosts.`)
    .optional()
}

/** Each is a port of the machine that Traefik ran on; nobody has opened more of them by hand. */
const ENTRY_POINTS_MAX = 256

const EntryPoints = z
  .record(EntryName, EntryPort, SECTION)
  .refine(
    (all) => Object.keys(all).length <= ENTRY_POINTS_MAX,
    `At most ${ENTRY_POINTS_MAX} entry points.`,
  )

const Dialects = z.strictObject(
  {
    order: languages.optional(),
    hosts: byHost(languages),
    'exposed-by-default': Flag.optional(),
    'virtual-host-pools': Flag.optional(),
    'entry-points': EntryPoints.optional(),
  },
  SECTION,
)

const Defaults = z.strictObject(
  {
    'body-size': asInLabel(readSize).optional(),
    timeout: duration(TIMEOUT).optional(),
    buffering: Flag.optional(),
    compress: Flag.optional(),
    limit: asInLabel(readLimit).optional(),
    https: asInLabel(readHttps).optional(),
    hsts: asInLabel(readHsts).optional(),
    'kept-name': duration({ leastMs: KEPT_MS_LEAST, mostMs: KEPT_MS_MOST }).optional(),
  },
  SECTION,
)

/** What an engine reports is bounded already; a policy may only ask for less of a container. */
const hostLimits = {
  routes: count(ROUTES_MAX).optional(),
  'routes-per-container': count(ROUTES_PER_CONTAINER_MAX).optional(),
  'names-per-label': count(DOMAINS_PER_LABEL_MAX).optional(),
  labels: count(LABELS_PER_CONTAINER_MAX).optional(),
  'label-bytes': count(LABEL_BYTES_PER_CONTAINER_MAX).optional(),
}

const Limits = z.strictObject(
  { ...hostLimits, hosts: byHost(z.strictObject(hostLimits, SECTION)) },
  SECTION,
)

const Unlabelled = z.strictObject(
  {
    host: RuleTemplate,
    hosts,
    projects,
  },
  SECTION,
)

export const PolicyDocument = z.strictObject(
  {
    claims: z
      .array(ClaimEntry, 'This must be a list of entries, each after "- ".')
      .max(GRANTS_MAX, `At most ${GRANTS_MAX} entries; name several hosts or names in one.`)
      .optional(),
    dialects: Dialects.optional(),
    defaults: Defaults.optional(),
    limits: Limits.optional(),
    unlabelled: Unlabelled.optional(),
  },
  'A policy is made of sections: claims, dialects, defaults, limits, unlabelled.',
)
export type PolicyDocument = z.infer<typeof PolicyDocument>

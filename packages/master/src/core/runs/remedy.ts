import type { Run } from '@roadstead/shared/protocol/run.ts'

/** What to type to go on after a run has failed. */
export function remedyOf({ id, members, service, target, verb }: Run): string {
  const failed = members.find(({ phase }) => phase === 'failed')
  const untouched = members.filter(({ phase }) => phase === 'waiting').length
  const look = `Look at \`roadstead explain ${failed?.path ?? target}\``
  switch (verb) {
    case 'drain':
      return [
        'It stays out of routing. Look at `roadstead edges`,',
        `or take it back with \`roadstead undrain ${target}\`.`,
      ].join(' ')
    case 'rollout': {
      const rest = untouched === 0 ? '' : `; ${untouched} containers were not touched`
      return `${look}${rest}. Go on with \`roadstead rollout ${service ?? target}\`.`
    }
    case 'restart':
      return `${look}, then try again with \`roadstead restart ${target}\`.`
    default:
      return `${look}, and at \`roadstead runs ${id}\`.`
  }
}

/** What the kernel says about a process, as far as supervision needs it. */
export interface ProcStat {
  readonly pid: number
  /** One letter; Z is a zombie: dead, only not yet fetched by its parent. */
  readonly state: string
  readonly parent: number
  readonly group: number
  /** Clock ticks since the machine started. With the pid it names one process for good. */
  readonly startTicks: number
}

/** Reads a line of `/proc/PID/stat`. The name in it may hold blanks and brackets of its own. */
export function parseProcStat(text: string): ProcStat | undefined {
  const nameEnd = text.lastIndexOf(')')
  const pid = Number.parseInt(text, 10)
  const fields = text.slice(nameEnd + 2).split(' ')
  const [state = '', parent = '', group = ''] = fields
  const startTicks = Number(fields[19])
  if (nameEnd < 0 || Number.isNaN(pid) || Number.isNaN(startTicks)) return undefined
  return { pid, state, parent: Number(parent), group: Number(group), startTicks }
}

export function isAlive(stat: ProcStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X'
}

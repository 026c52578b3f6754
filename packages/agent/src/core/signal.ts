/**
 * Numbers of the signals that people name in STOPSIGNAL. Engines report a kill by number, images
 * name the signal in any of four spellings: `SIGQUIT`, `quit`, `3`, `SIGRTMIN+3`.
 */
const NUMBER_BY_NAME: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  WINCH: 28,
  PWR: 30,
}

/** First real-time signal as glibc counts; systemd in a container stops at `SIGRTMIN+3`. */
const RTMIN = 34

export const SIGKILL = 9
export const SIGTERM = 15

/** The number behind a spelling, or undefined for one that nobody knows. */
export function signalNumber(spelling: string): number | undefined {
  const name = spelling.trim().toUpperCase().replace(/^SIG/, '')
  if (/^[0-9]{1,2}$/.test(name)) return Number(name)
  const realTime = /^RTMIN(?:\+([0-9]{1,2}))?$/.exec(name)
  if (realTime !== null) return RTMIN + Number(realTime[1] ?? 0)
  return NUMBER_BY_NAME[name]
}

/** What nginx says about text it does not take, by the part of its sentence that is always there. */
const known: readonly (readonly [string, string])[] = [
  ['duplicate location', 'two locations are the same'],
  ['duplicate upstream', 'two upstreams have the same name'],
  ['conflicting parameter', 'two entries of a map are the same'],
  ['host not found in upstream', 'an endpoint has a name instead of an address'],
  ['no servers are inside upstream', 'an upstream has no server'],
  ['invalid port in upstream', 'an endpoint has no valid port'],
  ['could not build', 'a table of names inside nginx is too small'],
  ['unknown directive', 'a directive is not known to this nginx'],
  ['invalid number of arguments', 'a directive has the wrong number of arguments'],
  ['invalid parameter', 'a directive has a parameter that is not valid'],
  ['unexpected end of file', 'the text ends too early'],
  ['unexpected', 'a character stands where it must not'],
]

/**
 * Why nginx refused, without its own words: they hold paths of this machine, and in bad cases the
 * content of other files.
 */
export function cleanRefusal(output: string): string {
  const found = known.find(([sign]) => output.includes(sign))
  return found === undefined ? 'nginx did not take the text' : `nginx: ${found[1]}`
}

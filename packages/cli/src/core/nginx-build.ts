/** Where this nginx looks for modules, as it says itself with `-V`. */
export function modulesPathOf(versionText: string): string | undefined {
  return /--modules-path=(\S+)/.exec(versionText)?.[1]
}

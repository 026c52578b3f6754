/** Which nginx an edge attaches to, in paths of this machine unless told otherwise. */
export interface AttachTo {
  /** The file that this nginx includes. */
  readonly include: string
  /** Its main file; of a container as that sees it. */
  readonly main: string
  /** Where an nginx on this machine has written its process id. */
  readonly pidFile: string
  /** Name of the container; undefined for an nginx on this machine. */
  readonly container: string | undefined
  /** Folder of the include file as the container sees it. */
  readonly seenAs: string | undefined
  /** Unix socket of the engine of the container. */
  readonly engine: string
  /** Where this edge reaches what that nginx listens on; undefined: by itself. */
  readonly address: string | undefined
}

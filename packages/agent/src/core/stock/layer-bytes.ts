import type { HistoryJson } from './stock-json.ts'

/**
 * How large each layer is. An engine tells sizes only of the lines of an image's history, and not which
 * lines made a layer; a line that only set a variable made none. So each way of telling them apart is
 * tried, the surest first, and counts only if it finds as many as there are layers.
 *
 * @param layers how many the image has.
 * @param history as the engine gives it, the newest line first.
 * @returns the lowest layer first; undefined when no way finds as many.
 */
export function layerBytes(
  layers: number,
  history: readonly HistoryJson[],
): readonly number[] | undefined {
  const lines = history.toReversed()
  const ways: readonly (readonly HistoryJson[])[] = [
    lines.filter(({ Size }) => Size > 0),
    lines,
    lines.filter(({ CreatedBy, Size }) => Size > 0 || !isMetadata(CreatedBy, METADATA)),
    lines.filter(({ CreatedBy, Size }) => Size > 0 || !isMetadata(CreatedBy, METADATA_OR_FOLDER)),
  ]
  const found = ways.find((way) => way.length === layers)
  return found?.map(({ Size }) => Math.max(0, Size))
}

const METADATA: ReadonlySet<string> = new Set([
  'ARG',
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
])
/** A layer where the folder was not there yet, and none where it was. */
const METADATA_OR_FOLDER: ReadonlySet<string> = new Set([...METADATA, 'WORKDIR'])

/** The classic builder writes `/bin/sh -c #(nop)  ENV …`, the newer one `ENV …`. */
function isMetadata(createdBy: string, words: ReadonlySet<string>): boolean {
  const instruction = createdBy.replace(/^.{0,32}#\(nop\)\s{0,4}/, '')
  return words.has(instruction.split(' ', 1)[0] ?? '')
}

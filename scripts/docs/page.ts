/** A page of docs/ that is made from a table in code, so that it cannot be wrong. */
export interface Page {
  /** In the repository. */
  readonly path: string
  readonly text: string
}

/** A page of one title, with a word on where its content really is. */
export function page(path: string, title: string, source: string, parts: readonly string[]): Page {
  const origin = `Made by \`npm run docs\` from ${source}. Change it there.`
  return { path, text: `${[`# ${title}`, origin, ...parts].join('\n\n')}\n` }
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heads), `|${heads.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

export function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ')
}

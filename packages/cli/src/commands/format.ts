import { Option } from 'commander'
import { stringify } from 'yaml'
import type { Output } from '../print/output.ts'
import type { Page } from '../core/table.ts'

export type Format = 'table' | 'wide' | 'json' | 'yaml'

/** The option that every command with data to show has. */
export function formatOption(): Option {
  return new Option('-o, --output <format>', 'how to print')
    .choices(['table', 'wide', 'json', 'yaml'])
    .default('table')
}

/** Prints the API's own data, or what people read. */
export function print(
  output: Output,
  format: Format,
  data: unknown,
  forPeople: (page: Page) => string,
): void {
  output.write(formatted(output.page, format, data, forPeople))
}

export function formatted(
  page: Page,
  format: Format,
  data: unknown,
  forPeople: (page: Page) => string,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(data, undefined, 2)}\n`
    case 'yaml':
      return stringify(data)
    case 'wide':
      return forPeople({ ...page, wide: true })
    case 'table':
      return forPeople(page)
  }
}

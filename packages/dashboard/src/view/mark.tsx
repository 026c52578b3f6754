import type { Mark, Shape } from '../core/marks.ts'

const PATHS: Readonly<Record<Shape, string>> = {
  square: 'M2 2h8v8H2z',
  half: 'M6 1.5a4.5 4.5 0 0 0 0 9z',
  cross: 'M2.5 2.5l7 7M9.5 2.5l-7 7',
  triangle: 'M6 1.8 10.6 10H1.4z',
  ring: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  dashed: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  bars: 'M3.8 2v8M8.2 2v8',
  barred: 'M6 1.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8zM3 3l6 6',
}

/** A state: shape, word and colour say the same thing three times. */
export function MarkView({ mark }: { readonly mark: Mark }) {
  return (
    <span class={`mark ${mark.tone}`}>
      <ShapeView shape={mark.shape} />
      {mark.word}
    </span>
  )
}

export function ShapeView({ shape }: { readonly shape: Shape }) {
  return (
    <svg class={`shape ${shape}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shape === 'half' && <path class="outline" d={PATHS.ring} />}
      <path d={PATHS[shape]} />
    </svg>
  )
}

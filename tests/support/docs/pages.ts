/** The pages for people, taken apart: texts, and blocks with what is said about running them. */

import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const ROOT = join(import.meta.dirname, '../../..')

export interface Block {
  readonly language: string
  readonly source: string
  /** Of the opening fence, from 1. */
  readonly line: number
  /** Why it is not run; undefined for one that is. */
  readonly notRun: string | undefined
  /** Run before it, for what a reader has and the test has not. */
  readonly before: string
}

export interface Page {
  /** From the root of the repository: `docs/edge.md`. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** The text without its blocks. */
  readonly prose: string
}

const FENCE = /^( *)```(\S*)\n([\s\S]*?)^\1```$/gm
/** Right above the block. */
const MARK = /<!-- (not run|before): ((?:(?!-->)[\s\S])*) -->\s*$/

/** README first, then the folder in the order of names. */
export function readPages(): Page[] {
  const files = globSync('docs/**/*.md', { cwd: ROOT })
  return ['README.md', ...files.sort()].map((path) => readPage(join(ROOT, path)))
}

export function readPage(file: string): Page {
  const text = readFileSync(file, 'utf8')
  const blocks = [...text.matchAll(FENCE)].map((match): Block => {
    const { index = 0 } = match
    const [, indent = '', language = '', source = ''] = match
    const above = text.slice(0, index)
    const [, kind, words = ''] = MARK.exec(above) ?? []
    return {
      language,
      source: source.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      line: above.split('\n').length,
      notRun: kind === 'not run' ? words : undefined,
      before: kind === 'before' ? words : '',
    }
  })
  return { path: relative(ROOT, file), text, blocks, prose: text.replaceAll(FENCE, '') }
}

/** Links of pages that lead nowhere: files, and headings within them. */

import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { type Page, ROOT, readPage } from './pages.ts'

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g

export function deadLinks(page: Page): string[] {
  const targets = [...page.prose.matchAll(LINK)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^(?:https?|mailto):/.test(target))
    .filter((target) => !leadsSomewhere(page, target))
    .map((target) => `${page.path}: ${target}`)
}

/** Pages that a page leads to, from the root of the repository. */
export function linkedPages(page: Page): string[] {
  const targets = [...page.prose.matchAll(LINK)].map(([, target = '']) => target)
  const files = targets.map((target) => fileOf(page, target))
  return files.filter((file) => file.startsWith('docs/') && file.endsWith('.md'))
}

function fileOf(page: Page, target: string): string {
  const [path = ''] = target.split('#')
  return path === '' ? page.path : normalize(join(dirname(page.path), path))
}

function leadsSomewhere(page: Page, target: string): boolean {
  const [, anchor] = target.split('#')
  const file = fileOf(page, target)
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || anchorsIn(file).has(anchor)
}

const anchorsByFile = new Map<string, ReadonlySet<string>>()

function anchorsIn(file: string): ReadonlySet<string> {
  const known = anchorsByFile.get(file) ?? anchorsOf(readPage(join(ROOT, file)))
  anchorsByFile.set(file, known)
  return known
}

/** As GitHub makes them of headings, and those that a page sets itself. */
function anchorsOf({ prose }: Page): Set<string> {
  const own = [...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  const seen = new Map<string, number>()
  return new Set([
    ...own,
    ...headings.map((heading) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  ])
}

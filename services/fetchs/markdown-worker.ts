/** The thread of `markdown.ts`: gets a page, answers with what it says. */

import { parentPort } from 'node:worker_threads'
import TurndownService from 'turndown'

export interface Page {
  readonly html: string
  /** What its links are relative to. */
  readonly url: string
}

export interface PageText {
  readonly title: string
  readonly markdown: string
}

/** They say nothing to a reader. */
const DROPPED = ['script', 'style', 'noscript', 'template', 'iframe', 'object', 'canvas'] as const

parentPort?.on('message', (page: Page) => parentPort?.postMessage(toText(page)))

function toText({ html, url }: Page): PageText {
  const turndown = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced' })
  let title = ''
  turndown.remove([...DROPPED])
  turndown.addRule('drawings', {
    filter: (node) => node.nodeName.toLowerCase() === 'svg',
    replacement: () => '',
  })
  turndown.addRule('title', {
    filter: 'title',
    replacement(_content, node) {
      // Drawings have titles, too.
      if (node.parentNode?.nodeName.toLowerCase() !== 'svg')
        title ||= (node.textContent ?? '').trim()
      return ''
    },
  })
  turndown.addRule('links', {
    filter: (node) => node.nodeName === 'A',
    replacement: (content, node) => toLink(content, attribute(node, 'href'), url),
  })
  turndown.addRule('images', {
    filter: 'img',
    replacement: (_content, node) => toImage(attribute(node, 'alt'), attribute(node, 'src'), url),
  })
  const markdown = turndown.turndown(html)
  return { title: title.replaceAll(/\s+/g, ' '), markdown }
}

function attribute(node: TurndownService.Node, name: string): string {
  return 'getAttribute' in node ? (node.getAttribute(name) ?? '') : ''
}

/** A link that leads to a page is kept, as a whole URL; of any other the words are. */
function toLink(content: string, href: string, base: string): string {
  const target = toPage(href, base)
  return target === undefined || content.trim() === '' ? content : `[${content.trim()}](${target})`
}

function toImage(alt: string, src: string, base: string): string {
  const target = toPage(src, base)
  return target === undefined ? '' : `![${alt.replaceAll(/[[\]\s]+/g, ' ')}](${target})`
}

function toPage(text: string, base: string): string | undefined {
  const url = text === '' ? null : URL.parse(text, base)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  return url.href.replaceAll('(', '%28').replaceAll(')', '%29')
}

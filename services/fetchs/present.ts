/** What a caller gets of an answer: an image as an image, a page as Markdown, any other text as it is. */

import { decodeText } from './charset.ts'
import { FetchFault } from './fetch-fault.ts'
import type { MarkdownMaker } from './markdown.ts'
import type { Body } from './read-body.ts'

export type Content =
  | { type: 'text'; text: string }
  | { type: 'image'; data: string; mimeType: string }

export interface Presented {
  readonly content: Content
  /** Of a page that has one; empty otherwise. */
  readonly title: string
  readonly isTruncated: boolean
}

export interface Received {
  readonly url: URL
  /** The header, parameters included. */
  readonly contentType: string
  readonly body: Body
}

const TRUNCATED = '\n\n... (truncated)'

const TEXT =
  /^(?:text\/.*|application\/(?:[\w.-]+\+)?(?:json|xml|yaml)|application\/(?:javascript|x-javascript|ecmascript|x-yaml|x-ndjson|toml)|image\/svg\+xml)$/
const HTML = /^(?:text\/html|application\/xhtml\+xml)$/

/**
 * @param lengthMax characters of a text, bytes of an image.
 * @throws FetchFault for what cannot be shown, or not within the length.
 */
export async function present(
  received: Received,
  lengthMax: number,
  markdown: MarkdownMaker,
  signal: AbortSignal,
): Promise<Presented> {
  const { contentType, body } = received
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase() || guess(body.bytes)
  if (TEXT.test(type)) {
    const text = decodeText(body.bytes, contentType)
    if (!HTML.test(type)) return toText(text, '', body, lengthMax)
    const made = await markdown.make({ html: text, url: received.url.href }, signal)
    return toText(withTitle(made.title, made.markdown), made.title, body, lengthMax)
  }
  if (type.startsWith('image/')) return toImage(type, body, lengthMax)
  throw new FetchFault(
    `The answer is ${type}, ${body.bytes.length} bytes: this tool shows texts and images only.`,
  )
}

/** Where the server does not say: text has no zero bytes. */
function guess(bytes: Buffer): string {
  return bytes.includes(0) ? 'application/octet-stream' : 'text/plain'
}

function withTitle(title: string, markdown: string): string {
  return title === '' || markdown.startsWith(`# ${title}`) ? markdown : `# ${title}\n\n${markdown}`
}

function toText(whole: string, title: string, body: Body, lengthMax: number): Presented {
  const isTruncated = whole.length > lengthMax || body.isCut
  const text = isTruncated ? wellFormed(whole.slice(0, lengthMax)) + TRUNCATED : whole
  return { content: { type: 'text', text }, title, isTruncated }
}

/** A cut may go through a character of two halves. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '')
}

function toImage(mimeType: string, { bytes, isCut }: Body, lengthMax: number): Presented {
  if (isCut || bytes.length > lengthMax) {
    throw new FetchFault(
      `The image has ${isCut ? 'more than ' : ''}${bytes.length} bytes: raise max_length to get it, if it is worth that.`,
    )
  }
  const content = { type: 'image', data: bytes.toString('base64'), mimeType } as const
  return { content, title: '', isTruncated: false }
}

/** What tools, prompts and resources answer, for a terminal: texts as they are, everything else described. */

import { writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { ContentBlock } from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'

type Contents = Extract<ContentBlock, { type: 'resource' }>['resource']

/** A terminal is not steered by what a server says; a pipe gets it byte for byte. */
export function shown(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text
  return text.replaceAll(/(?![\n\t])\p{Cc}/gu, '\u{fffd}')
}

export function describeBlock(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `[${block.type} ${block.mimeType}, ${bytesOf(block.data).length} bytes: --output FILE saves it]`
    case 'resource':
      return describeContents(block.resource)
    case 'resource_link':
      return `[resource ${block.uri}${block.description ? `: ${block.description}` : ''}]`
  }
}

export function describeContents(contents: Contents): string {
  if ('text' in contents) return contents.text
  const { uri, mimeType = 'application/octet-stream', blob } = contents
  return `[${uri} ${mimeType}, ${bytesOf(blob).length} bytes: --output FILE saves it]`
}

/** What is worth a file: everything binary; without that, the text. */
export function payloadsOf(blocks: readonly ContentBlock[]): Buffer[] {
  const binary = blocks.flatMap((block) => {
    if (block.type === 'image' || block.type === 'audio') return [bytesOf(block.data)]
    return block.type === 'resource' && 'blob' in block.resource
      ? [bytesOf(block.resource.blob)]
      : []
  })
  if (binary.length > 0) return binary
  const text = blocks.map(describeBlock).join('\n')
  return [Buffer.from(text)]
}

export function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

/** `picture.png`, and for more than one `picture-2.png` and so on. @returns the paths written. */
export function savePayloads(payloads: readonly Buffer[], path: string): string[] {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  return payloads.map((payload, index) => {
    const place = index === 0 ? path : `${stem}-${index + 1}${extension}`
    try {
      writeFileSync(place, payload)
    } catch (cause) {
      throw new CliError(`${place} cannot be written: ${(cause as Error).message}`, { cause })
    }
    return place
  })
}

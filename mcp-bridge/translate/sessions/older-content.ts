/** Content that a client's revision does not have yet, as something that it has: one block it cannot read costs it all. */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'

const AUDIO_SINCE = '2025-03-26'
const LINKS_SINCE = '2025-06-18'

/** Dates as texts: the later is the larger. */
export function toOlderContent(revision: string, content: unknown): unknown {
  if (revision >= LINKS_SINCE || !Array.isArray(content)) return content
  return content.map((block) => toOlderBlock(revision, block))
}

export function toOlderBlock(revision: string, block: unknown): unknown {
  if (!isObject(block)) return block
  if (block['type'] === 'resource_link' && revision < LINKS_SINCE) return linkAsText(block)
  if (block['type'] === 'audio' && revision < AUDIO_SINCE) return audioAsResource(block)
  return block
}

function linkAsText({ uri, name, title, description, annotations }: JsonObject): JsonObject {
  const words = [title ?? name, uri, description].filter((one) => typeof one === 'string')
  return { type: 'text', text: words.join('\n'), ...(isObject(annotations) && { annotations }) }
}

function audioAsResource({ data, mimeType, annotations }: JsonObject): JsonObject {
  const resource = { uri: 'content:audio', mimeType, blob: data }
  return { type: 'resource', resource, ...(isObject(annotations) && { annotations }) }
}

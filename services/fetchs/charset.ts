/** Bytes to text, as browsers find out the encoding: byte order mark, header, the document itself, UTF-8. */

import { TextDecoder } from 'node:util'

const SNIFFED_BYTES = 1024
const IN_DOCUMENT =
  /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i

/** @param contentType the header, parameters included. */
export function decodeText(bytes: Buffer, contentType: string): string {
  const [, inHeader] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType) ?? []
  const label = markOf(bytes) ?? inHeader ?? labelIn(bytes)
  return decoderFor(label).decode(bytes)
}

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 'utf-8' : undefined
}

function labelIn(bytes: Buffer): string | undefined {
  const found = IN_DOCUMENT.exec(bytes.toString('latin1', 0, SNIFFED_BYTES))
  return found?.[1] ?? found?.[2]
}

function decoderFor(label = 'utf-8'): TextDecoder {
  try {
    return new TextDecoder(label)
  } catch {
    // A name that nobody knows: most pages are UTF-8.
    return new TextDecoder()
  }
}

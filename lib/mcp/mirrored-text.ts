/** Texts of a body that headers repeat: base64 for what a header cannot carry as it is (MCP 2026-07-28, Streamable HTTP). */

const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/
const SENTINEL = /^=\?base64\?.*\?=$/s

/** The text a mirrored header stands for; undefined for a sentinel that encodes nothing. */
export function decodeMirrored(value: string): string | undefined {
  const encoded = ENCODED.exec(value)?.[1]
  if (encoded === undefined) return SENTINEL.test(value) ? undefined : value
  if (encoded.length % 4 !== 0) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

/** What can stand in a header as it is. */
const PLAIN = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** The text as a mirrored header. */
export function encodeMirrored(text: string): string {
  if (PLAIN.test(text) && !SENTINEL.test(text)) return text
  return `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`
}

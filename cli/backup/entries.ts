/** What stands in a backup: a line of JSON each, in this order, and how a whole of them is told from a part. */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { SERVICE_NAME } from '../../lib/catalogue/service-name.ts'
import type { StoreRecord } from '../../lib/store/records.ts'

const text = z.string()
const pairs = z.array(z.tuple([text, text]))
const recordHead = { type: z.literal('record'), key: text, expires_at: z.number().nullable() }

const record = z.discriminatedUnion('kind', [
  z.strictObject({ ...recordHead, kind: z.literal('string'), value: text }),
  z.strictObject({ ...recordHead, kind: z.enum(['set', 'list']), value: z.array(text) }),
  z.strictObject({ ...recordHead, kind: z.enum(['hash', 'zset']), value: pairs }),
  z.strictObject({
    ...recordHead,
    kind: z.literal('stream'),
    value: z.array(z.tuple([text, z.array(text)])),
  }),
])

/** A path below a folder, which leads nowhere else. */
const pathBelow = text.refine(
  (path) => path !== '' && !path.split('/').some((part) => part === '..' || part === ''),
  'must lead below its folder',
)

const service = text.regex(SERVICE_NAME)

/** A file comes in parts, one after the other; the last one says so. */
const file = z.discriminatedUnion('kind', [
  z.strictObject({
    type: z.literal('file'),
    kind: z.literal('file'),
    service,
    path: pathBelow,
    mode: z.int(),
    part: z.base64(),
    last: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('file'),
    kind: z.literal('folder'),
    service,
    path: pathBelow,
    mode: z.int(),
  }),
  z.strictObject({
    type: z.literal('file'),
    kind: z.literal('link'),
    service,
    path: pathBelow,
    target: text,
  }),
])

const entry = z.union([
  z.strictObject({ type: z.literal('about'), about: z.unknown() }),
  /** The root secret: every key is derived from it. */
  z.strictObject({ type: z.literal('secret'), value: text.min(32) }),
  /** Where the store stood. */
  z.strictObject({ type: z.literal('epoch'), id: text, number: z.int() }),
  z.strictObject({
    type: z.literal('configuration'),
    name: z.enum(['gateway.yaml', '.env']),
    text,
  }),
  record,
  file,
  z.strictObject({ type: z.literal('end'), lines: z.int(), sha256: text }),
])

export type Entry = z.infer<typeof entry>
export type RecordEntry = z.infer<typeof record>
export type FileEntry = z.infer<typeof file>
export type Content = Exclude<Entry, { type: 'end' }>

export function toRecordEntry(from: StoreRecord): RecordEntry {
  return { type: 'record', ...from } as RecordEntry
}

/** The lines of the entries, and a last one that says how many there were and what they add up to. */
export async function* toLines(entries: AsyncIterable<Content>): AsyncGenerator<string> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const one of entries) {
    // What could not be read back would make the whole of it useless.
    const line = `${JSON.stringify(entry.parse(one))}\n`
    hash.update(line)
    lines += 1
    yield line
  }
  yield `${JSON.stringify({ type: 'end', lines, sha256: hash.digest('hex') })}\n`
}

/** Every entry, each checked. @throws Error in words when one is wrong or missing; they quote nothing of it. */
export async function* fromLines(lines: AsyncIterable<string>): AsyncGenerator<Content> {
  const hash = createHash('sha256')
  let count = 0
  let end: Ending | undefined
  for await (const line of lines) {
    if (end !== undefined) throw new Error('something stands behind its end')
    const found = parseEntry(line, count + 1)
    if (found.type === 'end') end = found
    else {
      hash.update(`${line}\n`)
      count += 1
      yield found
    }
  }
  if (end === undefined) throw new Error('its end is missing')
  if (end.lines !== count) throw new Error('lines are missing')
  if (end.sha256 !== hash.digest('hex')) throw new Error('its checksum does not fit')
}

type Ending = Extract<Entry, { type: 'end' }>

function parseEntry(line: string, number: number): Entry {
  try {
    return entry.parse(JSON.parse(line))
  } catch {
    throw new Error(`line ${number} is none that a backup has`)
  }
}

/** At line feeds alone: a name that somebody has chosen may hold what others take for the end of a line. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest: Uint8Array[] = []
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      yield decoder.decode(Buffer.concat([...rest, chunk.subarray(from, at)]))
      rest = []
      from = at + 1
    }
    rest.push(chunk.subarray(from))
  }
  const last = Buffer.concat(rest)
  if (last.length > 0) yield decoder.decode(last)
}

const LF = 0x0a

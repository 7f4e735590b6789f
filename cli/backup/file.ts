/** A backup as a file: its first line for everybody, the rest closed, and never half of it under its name. */

import { createReadStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGunzip, createGzip } from 'node:zlib'
import type { Decrypter } from 'age-encryption'
import { CliError } from '../cli-error.ts'
import type { About, Heading } from './about.ts'
import { writeDraft } from './draft.ts'
import { type Content, fromLines, splitLines, toLines } from './entries.ts'
import type { Lock } from './locks.ts'

/** @returns its size in bytes. @throws CliError; then there is no such file. */
export async function writeBackup(
  path: string,
  about: About,
  contents: AsyncIterable<Content>,
  lock: Lock,
): Promise<number> {
  const { bytes } = await writeDraft(path, async (target) => {
    await pipeline(await seal(about, contents, lock), target)
  })
  return bytes
}

/** Into what somebody reads, who is to drop it when this fails. @returns its size in bytes. */
export async function printBackup(
  target: Writable,
  about: About,
  contents: AsyncIterable<Content>,
  lock: Lock,
): Promise<number> {
  let bytes = 0
  const counting = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      yield chunk
    }
  }
  // Standard output is nobody's to end.
  await pipeline(await seal(about, contents, lock), counting, target, { end: false })
  return bytes
}

/** The bytes of a backup. */
async function seal(
  about: About,
  contents: AsyncIterable<Content>,
  { encrypter }: Lock,
): Promise<Readable> {
  const zip = Readable.from(toLines(withAbout(about, contents))).compose(createGzip())
  const sealed = await encrypter.encrypt(Readable.toWeb(zip) as ReadableStream<Uint8Array>)
  const heading = Buffer.from(`${JSON.stringify(about)}\n`)
  return Readable.from(headed(heading, sealed as ReadableStream<Uint8Array>))
}

async function* headed(heading: Buffer, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield heading
  for await (const chunk of rest) yield Buffer.from(chunk)
}

/** The first line can be changed by anybody: what counts stands inside once more. */
async function* withAbout(about: About, contents: AsyncIterable<Content>): AsyncGenerator<Content> {
  yield { type: 'about', about }
  yield* contents
}

/** Everything in it, each entry checked; what follows it is known to be whole only once it has come to its end. */
export async function* readBackup(
  path: string,
  { about, bytes }: Heading,
  decrypter: Decrypter,
): AsyncGenerator<Content> {
  const source = createReadStream(path, { start: bytes })
  try {
    const plain = await decrypt(path, source, decrypter)
    const zipped = Readable.fromWeb(plain as ReadableStream<Uint8Array>)
    const lines = splitLines(zipped.compose(createGunzip()))
    let isFirst = true
    for await (const entry of fromLines(lines)) {
      if (isFirst) requireSame(entry, about)
      else yield entry
      isFirst = false
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw damaged(path, cause)
  } finally {
    source.destroy()
  }
}

async function decrypt(
  path: string,
  source: Readable,
  decrypter: Decrypter,
): Promise<ReadableStream<Uint8Array>> {
  try {
    const sealed = Readable.toWeb(source) as ReadableStream<Uint8Array>
    return (await decrypter.decrypt(sealed)) as ReadableStream<Uint8Array>
  } catch (cause) {
    if (!/no identity matched/.test((cause as Error).message)) throw cause
    throw new CliError(`${path} does not open: that is another passphrase or key.`, {
      nextStep: 'gateway backup list FOLDER says which of the two each one wants',
    })
  }
}

function requireSame(entry: Content, about: About): void {
  const inside = entry.type === 'about' ? JSON.stringify(entry.about) : undefined
  if (inside !== JSON.stringify(about)) throw new Error('its first line was changed')
}

function damaged(path: string, cause: unknown): CliError {
  const { message } = cause as Error
  return new CliError(`${path} is damaged: ${message}. Nothing of it was used.`, {
    nextStep: 'take another one: gateway backup list FOLDER',
    cause,
  })
}

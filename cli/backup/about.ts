/**
 * The first line of a backup: what it is, to be read without opening it. The rest is an age file
 * (https://age-encryption.org/v1), so that nobody needs this program: `tail -n +2 FILE | age -d | gunzip`.
 */

import { open } from 'node:fs/promises'
import { z } from 'zod'
import { CliError } from '../cli-error.ts'

const FORMAT = 'mcp-oauth-gateway backup'
/** Of what is written here; whatever is older is read as well. */
const FORMAT_VERSION = 1

export const about = z.object({
  format: z.literal(FORMAT),
  version: z.int().min(1),
  made_at: z.iso.datetime(),
  /** Version of the gateway that made it. */
  gateway: z.string().max(100),
  issuer: z.string().max(2000),
  /** Services whose files are in it. */
  services: z.array(z.string()),
  configuration: z.boolean(),
  /** What opens it. */
  opened_by: z.enum(['passphrase', 'key']),
  /** Made by `backup nightly`, which takes away old ones of its own alone. */
  nightly: z.literal(true).optional(),
})
export type About = z.infer<typeof about>

export function toAbout(facts: Omit<About, 'format' | 'version'>): About {
  return { format: FORMAT, version: FORMAT_VERSION, ...facts }
}

const LINE_BYTES_MAX = 65_536

export interface Heading {
  readonly about: About
  /** Where the age file begins. */
  readonly bytes: number
}

/** @throws CliError for what is no backup, or a newer one than can be read. */
export async function readHeading(path: string): Promise<Heading> {
  const start = await readStart(path)
  const end = start.indexOf(0x0a)
  const found = about.safeParse(parseJson(start.subarray(0, Math.max(end, 0)).toString('utf8')))
  if (end < 0 || !found.success) {
    throw new CliError(`${path} is no backup of a gateway.`, {
      nextStep: 'gateway backup list FOLDER',
    })
  }
  const { version, gateway } = found.data
  if (version > FORMAT_VERSION) {
    throw new CliError(
      `${path} has format ${version}, made by gateway ${gateway}; this one reads up to ${FORMAT_VERSION}.`,
      { nextStep: 'take the newer gateway: git pull, then again' },
    )
  }
  return { about: found.data, bytes: end + 1 }
}

async function readStart(path: string): Promise<Buffer> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(LINE_BYTES_MAX),
      0,
      LINE_BYTES_MAX,
      0,
    )
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

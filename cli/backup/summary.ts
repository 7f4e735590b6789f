/** What is in a backup, in figures: by family for the records, by service for the files. */

import { Secret } from '../../lib/platform/secret.ts'
import { familyOf } from '../../lib/store/families.ts'
import { count } from '../administration/cells.ts'
import { CliError } from '../cli-error.ts'
import { toTable } from '../output.ts'
import type { About } from './about.ts'
import type { Content, FileEntry, RecordEntry } from './entries.ts'
import { opensSigningKeys, SIGNING_KEYS_KEY } from './root-secret.ts'

export interface Summary {
  /** Keys by family. */
  readonly families: Readonly<Record<string, number>>
  readonly records: number
  readonly files: Readonly<Record<string, { readonly files: number; readonly bytes: number }>>
  readonly configuration: readonly string[]
  /** The store that the records are of. */
  readonly epoch: { readonly id: string; readonly number: number }
}

export type WholeSummary = Summary & { readonly secret: string }

/**
 * Reads to the end: whatever is wrong with the file is thrown on the way.
 * @throws CliError
 */
export async function summarize(contents: AsyncIterable<Content>): Promise<WholeSummary> {
  const tally = new Tally()
  for await (const entry of contents) tally.add(entry)
  return tally.summary()
}

class Tally {
  readonly #keys = new Map<string, Set<string>>()
  readonly #files = new Map<string, { files: number; bytes: number }>()
  readonly #configuration: string[] = []
  #epoch: Summary['epoch'] | undefined
  #secret: string | undefined
  readonly #signingKeys: (readonly [string, string])[] = []

  add(entry: Content): void {
    if (entry.type === 'secret') this.#secret = entry.value
    if (entry.type === 'epoch') this.#epoch = { id: entry.id, number: entry.number }
    if (entry.type === 'configuration') this.#configuration.push(entry.name)
    if (entry.type === 'record') this.#addRecord(entry)
    if (entry.type === 'file') this.#addFile(entry)
  }

  /** A large record comes in several entries. */
  #addRecord({ key, ...entry }: RecordEntry): void {
    const { name } = familyOf(key)
    const own = this.#keys.get(name) ?? new Set()
    this.#keys.set(name, own.add(key))
    if (key === SIGNING_KEYS_KEY && entry.kind === 'hash') this.#signingKeys.push(...entry.value)
  }

  #addFile(entry: FileEntry): void {
    const { files, bytes } = this.#files.get(entry.service) ?? { files: 0, bytes: 0 }
    const isPart = entry.kind === 'file'
    this.#files.set(entry.service, {
      files: files + (isPart && entry.last ? 1 : 0),
      bytes: bytes + (isPart ? Buffer.byteLength(entry.part, 'base64') : 0),
    })
  }

  summary(): WholeSummary {
    const [secret, epoch] = [this.#secret, this.#epoch]
    if (secret === undefined || epoch === undefined) {
      throw new CliError('What a gateway needs is not in it: the root secret, or the store.', {
        nextStep: 'take another one: gateway backup list FOLDER',
      })
    }
    if (!opensSigningKeys(new Secret(secret), this.#signingKeys)) {
      throw new CliError('The root secret in it does not open the signing keys in it.', {
        nextStep: 'take another one: gateway backup list FOLDER',
      })
    }
    const counts = [...this.#keys].map(([name, all]) => [name, all.size] as const)
    return {
      families: Object.fromEntries(counts.toSorted(([one], [other]) => (one < other ? -1 : 1))),
      records: counts.reduce((sum, [, one]) => sum + one, 0),
      files: Object.fromEntries(this.#files),
      configuration: this.#configuration,
      epoch,
      secret,
    }
  }
}

export function aboutLines(path: string, { made_at, issuer, gateway, opened_by }: About): string[] {
  return [`${path}: ${issuer}, made ${made_at} by gateway ${gateway}, opened by a ${opened_by}`]
}

export function summaryLines({ families, files, configuration }: Summary): string[] {
  const rows = Object.entries(families).map(([name, number]) => [name, String(number)])
  const services = Object.entries(files).map(
    ([name, sum]) => `  ${name}: ${count(sum.files, 'file')}, ${sum.bytes} bytes`,
  )
  return [
    ...toTable([['FAMILY', 'RECORDS'], ...rows]),
    ...(services.length === 0 ? [] : ['', 'Files of services:', ...services]),
    ...(configuration.length === 0 ? [] : ['', `Configuration: ${configuration.join(', ')}`]),
  ]
}

/**
 * What a backup is closed and opened with: a passphrase, or the two halves of a key. Neither is ever an argument that
 * opens anything: arguments are seen by everybody on the machine.
 */

import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { isCancel, password } from '@clack/prompts'
import { Decrypter, Encrypter } from 'age-encryption'
import { readText } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { About } from './about.ts'

export interface LockOptions {
  readonly recipient?: readonly string[]
  readonly passphraseFile?: string
}

export interface KeyOptions {
  readonly identity?: string
  readonly passphraseFile?: string
}

export interface Lock {
  readonly openedBy: About['opened_by']
  readonly encrypter: Encrypter
}

const PASSPHRASE_VARIABLE = 'BACKUP_PASSPHRASE'
const RECIPIENT_VARIABLE = 'BACKUP_RECIPIENT'
/** What closes backups that nobody is asked about. */
export const CLOSING_VARIABLES = [RECIPIENT_VARIABLE, PASSPHRASE_VARIABLE]
const IDENTITY_VARIABLE = 'BACKUP_IDENTITY_FILE'

/** Whoever has the file may try as many as they like. */
const PASSPHRASE_MIN = 12

/** What closes a backup: public keys, or a passphrase. */
export type Closing = { readonly recipients: readonly string[] } | { readonly passphrase: string }

export async function closeWith(context: Context, options: LockOptions): Promise<Lock> {
  const closing = await chooseClosing(context, options)
  const encrypter = new Encrypter()
  if ('recipients' in closing) {
    for (const recipient of closing.recipients) addRecipient(encrypter, recipient)
    return { openedBy: 'key', encrypter }
  }
  encrypter.setPassphrase(closing.passphrase)
  return { openedBy: 'passphrase', encrypter }
}

/**
 * Public keys, if any are named; a passphrase else, also where its file is named beside a variable with keys: what is
 * typed counts. @throws CliError where neither is to be had.
 */
export async function chooseClosing(context: Context, options: LockOptions): Promise<Closing> {
  const recipients = chooseRecipients(context, options)
  if (recipients !== undefined) return { recipients }
  const passphrase = (await givenPassphrase(context, options)) ?? (await askNew(context))
  if (passphrase.length < PASSPHRASE_MIN) {
    throw new CliError(`A passphrase must have at least ${PASSPHRASE_MIN} characters.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: 'five words that nobody would guess, or a key: gateway backup key FILE',
    })
  }
  return { passphrase }
}

function chooseRecipients(
  context: Context,
  { recipient, passphraseFile }: LockOptions,
): readonly string[] | undefined {
  if (passphraseFile === undefined) {
    return (
      recipient ??
      fromVariable(context, RECIPIENT_VARIABLE)
        ?.split(/[\s,]+/)
        .filter(Boolean)
    )
  }
  if (recipient === undefined) return undefined
  throw new CliError('A key closes a backup, or a passphrase does: not both.', {
    exitCode: EXIT_CODE.usage,
    nextStep: 'say --recipient or --passphrase-file',
  })
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient)
  } catch (cause) {
    throw new CliError(`${recipient} is no public key of age.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: 'gateway backup key FILE makes one, and prints its public half (age1…)',
      cause,
    })
  }
}

/** @throws CliError where what opens it is not to be had. */
export async function openWith(
  context: Context,
  { opened_by }: Pick<About, 'opened_by'>,
  options: KeyOptions,
): Promise<Decrypter> {
  const decrypter = new Decrypter()
  const opening = await chooseOpening(context, { opened_by }, options)
  if (opened_by === 'key') {
    for (const line of toIdentities(opening)) addIdentity(decrypter, line)
  } else {
    decrypter.addPassphrase(opening)
  }
  return decrypter
}

/** The text of the file of a key, or the passphrase. @throws CliError where it is not to be had. */
export async function chooseOpening(
  context: Context,
  { opened_by }: Pick<About, 'opened_by'>,
  options: KeyOptions,
): Promise<string> {
  if (opened_by === 'key') return await readIdentityFile(context, options)
  return (await givenPassphrase(context, options)) ?? (await ask(context, 'Passphrase'))
}

async function readIdentityFile(context: Context, { identity }: KeyOptions): Promise<string> {
  const path = identity ?? context.environment[IDENTITY_VARIABLE]
  if (path === undefined || path === '') {
    throw new CliError('The backup is for a key: the file with its secret half is needed.', {
      exitCode: EXIT_CODE.usage,
      nextStep: `--identity FILE, or ${IDENTITY_VARIABLE}=FILE`,
    })
  }
  return await readWhole(context, path)
}

/** As age writes them: what begins with # is for people. */
function toIdentities(text: string): string[] {
  const lines = text.split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
}

function addIdentity(decrypter: Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity)
  } catch {
    // What it says would say the key.
    throw new CliError('That file holds no secret key of age (AGE-SECRET-KEY-1…).', {
      nextStep: 'name the file that gateway backup key wrote',
    })
  }
}

async function givenPassphrase(
  context: Context,
  { passphraseFile }: LockOptions,
): Promise<string | undefined> {
  if (passphraseFile !== undefined) return (await readWhole(context, passphraseFile)).trimEnd()
  return fromVariable(context, PASSPHRASE_VARIABLE)
}

function fromVariable({ environment }: Context, name: string): string | undefined {
  try {
    return readText(name, environment)
  } catch (cause) {
    throw new CliError(`${name} ${(cause as Error).message}`, { cause })
  }
}

/** @param path - is standard input. */
async function readWhole({ stdin }: Context, path: string): Promise<string> {
  try {
    return path === '-' ? await text(stdin) : readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function askNew(context: Context): Promise<string> {
  const first = await ask(context, 'Passphrase for the backup')
  if ((await ask(context, 'Once more')) === first) return first
  throw new CliError('The two are not the same. Nothing was written.', {
    nextStep: 'run it again',
  })
}

async function ask({ stdin, output }: Context, message: string): Promise<string> {
  if (stdin.isTTY !== true || output.json) {
    throw new CliError('There is nobody to ask for the passphrase.', {
      exitCode: EXIT_CODE.usage,
      nextStep: `--passphrase-file FILE, ${PASSPHRASE_VARIABLE} or ${PASSPHRASE_VARIABLE}_FILE`,
    })
  }
  const answer = await password({ message, input: stdin, output: output.stderr })
  if (isCancel(answer))
    throw new CliError('Nothing was done.', { nextStep: 'run it again when you like' })
  return answer
}

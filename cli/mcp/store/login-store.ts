/** The logins of this account, one file each (0600), replaced as a whole; changes are made under a lock. */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../../lib/platform/environment.ts'
import { writeWhole } from '../../../lib/platform/whole-file.ts'
import { CliError } from '../../cli-error.ts'
import { type LockOptions, withLock } from './lock.ts'
import { type Login, loginSchema } from './login.ts'
import { loginFileName, prepareLoginFolder } from './place.ts'

export interface LoginStore {
  readonly path: string
  read(): Login | undefined
  /** What `work` reads and writes meanwhile is changed by nobody else. */
  exclusively<T>(work: (slot: LoginSlot) => Promise<T>): Promise<T>
  /** One at a time asks a person; `onWait` is called when another process is asking. */
  whileAsking<T>(
    work: () => Promise<T>,
    waiting: Pick<LockOptions, 'onWait' | 'signal'>,
  ): Promise<T>
}

export interface LoginSlot {
  read(): Login | undefined
  write(login: Login): void
  remove(): void
}

/** As long as a person may take to log in. */
const ASKING_PATIENCE_MS = 900_000

export function openLoginStore(environment: Environment, url: string): LoginStore {
  const base = join(prepareLoginFolder(environment), loginFileName(url))
  const path = `${base}.json`
  const slot: LoginSlot = {
    read: () => readLogin(path, url),
    write: (login) => writeWhole(path, `${JSON.stringify(login, undefined, 2)}\n`),
    remove: () => rmSync(path, { force: true }),
  }
  return {
    path,
    read: slot.read,
    exclusively: (work) => withLock(`${base}.lock`, () => work(slot)),
    whileAsking: (work, waiting) =>
      withLock(`${base}.asking`, work, { patienceMs: ASKING_PATIENCE_MS, ...waiting }),
  }
}

function readLogin(path: string, url: string): Login | undefined {
  let source: string
  try {
    source = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  const login = loginSchema.safeParse(parseJson(source))
  if (login.success && login.data.url === url) return login.data
  throw new CliError(`${path} holds no login that this version understands.`, {
    nextStep: `remove it, then: gateway login ${url}`,
  })
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

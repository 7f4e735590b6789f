/** The registration that came with a login, while nobody else changes it. */

import { CliError } from '../../cli-error.ts'
import type { Context } from '../../context.ts'
import { escapeControls } from '../../log/terminal-line.ts'
import type { Login } from '../store/login.ts'
import { type LoginSlot, openLoginStore } from '../store/login-store.ts'
import { explain } from './explain.ts'
import type { Registration } from './registration.ts'

/** @throws CliError without one. */
export async function withRegistration<T>(
  { environment }: Pick<Context, 'environment'>,
  url: string,
  work: (login: Login, slot: LoginSlot) => Promise<T>,
): Promise<T> {
  return await openLoginStore(environment, url).exclusively(async (slot) => {
    const login = required(slot.read(), url)
    try {
      return await work(login, slot)
    } catch (error) {
      throw explain(error, url) ?? error
    }
  })
}

/** As it is now, with nobody kept from changing it. @throws CliError without one. */
export function requireRegistration(
  { environment }: Pick<Context, 'environment'>,
  url: string,
): Login {
  return required(openLoginStore(environment, url).read(), url)
}

function required(login: Login | undefined, url: string): Login {
  if (login !== undefined) return login
  throw new CliError(`This program is not registered for ${url}.`, {
    nextStep: `gateway login ${url}`,
  })
}

const HIDDEN = new Set(['client_secret', 'registration_access_token'])

/** Without what opens anything: that stays in the file. */
export function withoutSecrets(registration: Registration): Record<string, unknown> {
  const entries = Object.entries(registration)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, HIDDEN.has(name) ? '[secret]' : value]),
  )
}

export function registrationRows(registration: Registration): string[][] {
  return Object.entries(withoutSecrets(registration)).map(([name, value]) => [
    escapeControls(name),
    escapeControls(Array.isArray(value) ? value.join(' ') : String(value)),
  ])
}

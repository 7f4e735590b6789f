/** As whom this command line goes to an authorization server: named by a person, known from before, or registered now. */

import type { KnownClient, Login } from '../store/login.ts'
import type { LoginHost, LoginWish } from './log-in.ts'
import { foreknown, isStillGood, type Registering, register } from './register.ts'

export type ChosenClient = Pick<Login, 'client' | 'named'>

/** @param known the login before this one, at the same authorization server. */
export async function chooseClient(
  host: LoginHost,
  registering: Registering,
  wish: LoginWish,
  known: Login | undefined,
): Promise<ChosenClient> {
  const client = foreknown(wish.client, registering.server)
  if (client !== undefined) return { client, named: withPort(wish, undefined) }
  const before = wish.anew === true ? undefined : known
  if (before?.named !== undefined) {
    return { client: before.client, named: withPort(wish, before.named) }
  }
  if (before !== undefined && (await isStillGood(before.client, registering, host.clock()))) {
    if (!isManaged(before.client)) host.note(UNSURE)
    return { client: before.client }
  }
  return { client: await register(registering) }
}

/** The port that the redirect target must have; undefined: any. */
export function boundPort(wish: LoginWish, known: Login | undefined): number | undefined {
  if (wish.callbackPort !== undefined) return wish.callbackPort
  const isAnother = wish.anew === true || isNamed(wish)
  return isAnother ? undefined : known?.named?.callback_port
}

/** The port that an earlier registration has, where it serves again. */
export function registeredPort(wish: LoginWish, known: Login | undefined): number | undefined {
  if (wish.anew === true || isNamed(wish)) return undefined
  const port = URL.parse(known?.client.redirect_uris?.[0] ?? '')?.port ?? ''
  return port === '' ? undefined : Number(port)
}

function isNamed({ client }: LoginWish): boolean {
  return client.id !== undefined || client.documentUrl !== undefined
}

function withPort(
  { callbackPort }: LoginWish,
  before: Login['named'],
): NonNullable<Login['named']> {
  const port = callbackPort ?? before?.callback_port
  return port === undefined ? {} : { callback_port: port }
}

/** Whether the server can be asked if it still knows it (RFC 7592). */
function isManaged({ registration_client_uri }: KnownClient): boolean {
  return registration_client_uri !== undefined
}

const UNSURE =
  'Registered there before. Should the page not know this client: --register does it anew.'

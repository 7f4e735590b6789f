/** What `npm run test:clients` needs to know of a client to drive it. */

import type { TestGateway } from '../support/gateway.ts'
import type { GatewayCommand } from '../support/gateway-command.ts'
import type { ClientPerson } from './person.ts'

export const COLUMNS = [
  'discovery',
  'registration',
  'login',
  'list',
  'call',
  'refresh',
  'revocation',
] as const
export type Column = (typeof COLUMNS)[number]

/** Where a client runs: nothing of this account's own is in its reach. */
export interface Surroundings {
  /** Of the client, of its service at the gateway, and of the person who uses it. */
  readonly name: string
  readonly endpoint: string
  /** HOME and working directory of its processes; goes when the client has ended. */
  readonly home: string
  readonly environment: Readonly<Record<string, string>>
  readonly person: ClientPerson
  readonly gateway: TestGateway
  /** The `gateway` command as the client's person has it, with the same HOME. */
  readonly command: GatewayCommand
}

/** Each answers with what the client was told, for the eyes of the test. */
export interface RunningClient {
  /** Discovery, registration and login, all of them the client's own. */
  logIn(): Promise<unknown>
  list(): Promise<string>
  /** Calls `whoami`. */
  call(): Promise<string>
  end?(): Promise<void> | void
}

export interface ClientDriver {
  readonly name: string
  readonly title: string
  readonly version: string
  /** Cheap enough to run each day: a library or a small program. */
  readonly isLight?: true
  /** Of its access tokens, where those of most are too short for it. */
  readonly lifetimeSeconds?: number
  /** What this client does not do by itself, in any gateway; it is looked whether that is still so. */
  readonly lacks?: Readonly<Partial<Record<Column, string>>>
  /** What could not be tried here, and why. */
  readonly untried?: Readonly<Partial<Record<Column, string>>>
  /** Resolves with what `start` needs. @throws NotInstalled */
  install(): Promise<string>
  start(surroundings: Surroundings, installed: string): Promise<RunningClient> | RunningClient
}

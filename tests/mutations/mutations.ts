/** Protections taken out of the code, one at a time, and the test that has to notice. */

import { AUTHORIZATION_SERVER } from './authorization-server.ts'
import { BACKUP } from './backup.ts'
import { BRIDGE } from './bridge.ts'
import { BRIDGE_BOUNDS } from './bridge-bounds.ts'
import { CLIENTS_AND_RIGHTS } from './clients-and-rights.ts'
import { CONFIGURATION } from './configuration.ts'
import { CONSENT } from './consent.ts'
import { DECIDING } from './deciding.ts'
import { DOCUMENTS } from './documents.ts'
import { EDGE } from './edge.ts'
import { EDGE_ANSWERS } from './edge-answers.ts'
import { ENVOY } from './envoy.ts'
import { GRANTS } from './grants.ts'
import { LOGIN } from './login.ts'
import type { Mutation } from './mutation.ts'
import { PROCESSES } from './processes.ts'
import { RECORDS } from './records.ts'
import { REQUESTS } from './requests.ts'
import { SERVERS } from './servers.ts'
import { SESSIONS } from './sessions.ts'
import { STORE } from './store.ts'
import { TOKEN_ENDPOINT } from './token-endpoint.ts'
import { TOKENS_AT_THE_EDGE } from './tokens-at-the-edge.ts'

export const MUTATIONS: readonly Mutation[] = [
  ...EDGE,
  ...AUTHORIZATION_SERVER,
  ...BRIDGE,
  ...BRIDGE_BOUNDS,
  ...BACKUP,
  ...CLIENTS_AND_RIGHTS,
  ...CONFIGURATION,
  ...CONSENT,
  ...DECIDING,
  ...DOCUMENTS,
  ...EDGE_ANSWERS,
  ...ENVOY,
  ...GRANTS,
  ...LOGIN,
  ...PROCESSES,
  ...RECORDS,
  ...REQUESTS,
  ...SERVERS,
  ...SESSIONS,
  ...STORE,
  ...TOKEN_ENDPOINT,
  ...TOKENS_AT_THE_EDGE,
]

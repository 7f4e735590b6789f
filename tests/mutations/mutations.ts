/** Protections taken out of the code, one at a time, and the test that has to notice. */

import { AUTHORIZATION_SERVER } from './authorization-server.ts'
import { BACKUP } from './backup.ts'
import { BRIDGE } from './bridge.ts'
import { DECIDING } from './deciding.ts'
import { EDGE } from './edge.ts'
import { ENVOY } from './envoy.ts'
import type { Mutation } from './mutation.ts'
import { PEOPLE } from './people.ts'
import { SESSIONS_AND_SERVERS } from './sessions-and-servers.ts'
import { STORE } from './store.ts'

export const MUTATIONS: readonly Mutation[] = [
  ...EDGE,
  ...AUTHORIZATION_SERVER,
  ...BRIDGE,
  ...BACKUP,
  ...DECIDING,
  ...ENVOY,
  ...PEOPLE,
  ...SESSIONS_AND_SERVERS,
  ...STORE,
]

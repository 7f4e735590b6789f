/** Protections taken out of the code, one at a time, and the test that has to notice. */

import { AUTHORIZATION_SERVER } from './authorization-server.ts'
import { BRIDGE } from './bridge.ts'
import { EDGE } from './edge.ts'
import type { Mutation } from './mutation.ts'

export const MUTATIONS: readonly Mutation[] = [...EDGE, ...AUTHORIZATION_SERVER, ...BRIDGE]

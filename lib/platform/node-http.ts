/**
 * What is used of `node:http`; its types are imported from there.
 *
 * Whoever imports a module of Node's reads all its exports, here also the getters of `WebSocket` and its kin, for
 * which Node loads its whole `fetch`: 12 MB in each process, and hardly one of them fetches.
 */

const http = process.getBuiltinModule('node:http')

export const { Agent, createServer, get, request, STATUS_CODES } = http
export type Agent = InstanceType<typeof Agent>

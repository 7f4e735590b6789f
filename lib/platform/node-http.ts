/**
 * What is used of `node:http`; its types are imported from there.
 *
 * Whoever imports a module of Node's reads all its exports, here also the getters of `WebSocket` and its kin, for
 * which Node loads its whole `fetch`: 12 MB in each process, and hardly one of them fetches.
 */

const http = process.getBuiltinModule('node:http')

export const { Agent, createServer, get, request, STATUS_CODES } = http
export type Agent = InstanceType<typeof Agent>

/** Of a request from Envoy: more than its own bound for callers, with what it adds, so that it alone refuses. */
export const EDGE_HEADER_BYTES_MAX = 65_536

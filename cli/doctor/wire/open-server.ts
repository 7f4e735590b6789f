/** Whether an MCP server answers without a token. */

import type { Http } from './http.ts'
import { initializeParams, SESSION_VERSION } from './mcp.ts'
import { Unreachable } from './unreachable.ts'
import { recordOf } from './words.ts'

const ID = 'doctor'

export async function letsEverybodyIn(http: Http, url: string): Promise<boolean> {
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  }
  const params = initializeParams(SESSION_VERSION)
  const body = JSON.stringify({ jsonrpc: '2.0', id: ID, method: 'initialize', params })
  try {
    const answer = await http({ url, method: 'POST', headers, body, untilId: ID })
    const isOpen =
      answer.status < 300 &&
      answer.messages.some((one) => recordOf(recordOf(one)?.['result']) !== undefined)
    const session = answer.headers.get('mcp-session-id')
    if (isOpen && session !== null) {
      await http({ url, method: 'DELETE', headers: { 'mcp-session-id': session } })
    }
    return isOpen
  } catch (error) {
    // The checks to come say what is wrong with the way there.
    if (error instanceof Unreachable) return false
    throw error
  }
}

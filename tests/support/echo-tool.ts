/** A call of one of echo's tools, without a server around it. */

import { EchoSession, SessionRegister } from '../../services/echo/echo-session.ts'
import type { Tool, ToolCall, ToolResult } from '../../services/echo/tools/tool.ts'

/** As the gateway sets them. */
export const IDENTITY = {
  'x-user-id': 'github:583231',
  'x-user-name': '%C3%9Cla',
  'x-auth-client': 'client-7',
  'x-auth-scopes': 'mcp echo:write',
  'x-auth-grant': '1-grant',
  'x-auth-token-id': 'token-number',
  'x-auth-expires': '4000000000',
}

export function toCall(call: Partial<ToolCall> = {}): ToolCall {
  return {
    headers: {},
    arrivedAtMs: performance.now(),
    revision: '2026-07-28',
    client: undefined,
    session: undefined,
    signal: new AbortController().signal,
    progressToken: undefined,
    notify: () => Promise.resolve(),
    ...call,
  }
}

/** Runs it on what its schema makes of the arguments. @throws ZodError when it refuses them. */
export async function runTool(
  tool: Tool,
  args: Readonly<Record<string, unknown>> = {},
  call: Partial<ToolCall> = {},
): Promise<{ text: string; facts: Record<string, unknown> }> {
  const result: ToolResult = await tool.run(tool.inputSchema.parse(args), toCall(call))
  const facts = result.structuredContent ?? {}
  tool.outputSchema?.strict().parse(facts)
  return { text: result.content.map(({ text }) => text).join('\n'), facts }
}

export interface OpenSession {
  readonly user?: string
  readonly client?: string
  readonly id?: string
}

/** An open session; those with the same register are in one process. */
export function openSession(
  register = new SessionRegister(),
  { user = 'dev:ann', client = 'test', id = 'abcdefgh-rest' }: OpenSession = {},
): EchoSession {
  const session = new EchoSession(register, user, '2025-11-25', () => client)
  session.opened(id)
  return session
}

/** An unsigned look-alike of a token, as JWTs are written (RFC 7515 section 7.1). */
export function toJwt(claims: object, signature = 'c2lnbmF0dXJl'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })}.${part(claims)}.${signature}`
}

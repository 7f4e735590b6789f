/** `authContext`: everything this server knows about who calls, and what it cannot know. */

import { z } from 'zod'
import { headerText } from '../../native/arrival.ts'
import { readBearerToken } from '../bearer-token.ts'
import { instant } from '../relative-time.ts'
import { type GatewayIdentity, gatewayIdentity } from '../who-calls.ts'
import { defineReport, NO_ARGUMENTS, type ToolCall } from './tool.ts'

export const authContextTool = defineReport({
  name: 'authContext',
  description: 'Explains who calls, through which client, with which scopes and until when.',
  input: NO_ARGUMENTS,
  output: z.object({
    behindGateway: z.boolean(),
    userId: z.string().optional(),
    userName: z.string().optional(),
    clientId: z.string().optional(),
    scopes: z.array(z.string()),
    expiresAt: z.number().optional().describe('Epoch seconds.'),
    tokenReachedServer: z.boolean(),
    cookieNames: z.array(z.string()),
    origin: z.string().optional(),
    https: z.boolean().describe('Whether the client reached the gateway over https.'),
    session: z.string().optional().describe('The first characters of its id.'),
  }),
  run(_, call) {
    const identity = gatewayIdentity(call.headers)
    const facts = toFacts(call, identity)
    return { text: toLines(facts, identity, call).join('\n'), facts }
  },
})

function toFacts({ headers, session }: ToolCall, identity: GatewayIdentity | undefined) {
  const origin = headerText(headers, 'origin')
  return {
    behindGateway: identity !== undefined,
    ...(identity && {
      userId: identity.userId,
      userName: identity.userName,
      clientId: identity.clientId,
      ...(!Number.isNaN(identity.expiresAt) && { expiresAt: identity.expiresAt }),
    }),
    scopes: [...(identity?.scopes ?? [])],
    tokenReachedServer: readBearerToken(headers).kind !== 'none',
    cookieNames: cookieNames(headerText(headers, 'cookie')),
    ...(origin !== '' && { origin }),
    https: headerText(headers, 'x-forwarded-proto') === 'https',
    ...(session && { session: session.shortId }),
  }
}

/** Names are no secrets, texts are (RFC 6265 section 4.2.1). */
function cookieNames(header: string): string[] {
  return header
    .split(/[;,]/)
    .map((pair) => pair.split('=')[0]?.trim() ?? '')
    .filter((name) => name !== '')
}

function toLines(
  facts: ReturnType<typeof toFacts>,
  identity: GatewayIdentity | undefined,
  { client, revision }: ToolCall,
): string[] {
  const { tokenReachedServer, cookieNames: cookies, origin, https, session } = facts
  return [
    ...identityLines(identity),
    `Program: ${client === undefined ? 'says no name' : `${client.name} ${client.version}`} (its own words), MCP ${revision}`,
    `Session: ${session === undefined ? 'none, each request stands by itself' : `${session}…`}`,
    `Origin: ${origin ?? 'none, so no web page sent this'}`,
    `Transport to the gateway: ${https ? 'https' : 'not known to be https'}`,
    `Authorization header here: ${tokenReachedServer ? 'yes, and its text is not shown' : 'no'}`,
    `Cookies here: ${cookies.length === 0 ? 'none' : `${cookies.join(', ')} (names only)`}`,
  ]
}

function identityLines(identity: GatewayIdentity | undefined): string[] {
  if (identity === undefined) {
    return ['Nobody vouches for the caller: no gateway stands in front of this server.']
  }
  const { userId, userName, clientId, scopes, grantId, tokenId, expiresAt } = identity
  return [
    'The gateway has verified the access token and says who calls:',
    `  person: ${userId}${userName === '' ? '' : ` (${userName})`}`,
    `  client: ${clientId}`,
    `  scopes: ${scopes.join(' ')}`,
    `  grant: ${grantId}, token number: ${tokenId}`,
    `  token ends: ${instant(expiresAt, Date.now())}`,
  ]
}

/** `sessionInfo`: this session, and the caller's other ones. Nobody else's, not even their number. */

import { z } from 'zod'
import type { EchoSession } from '../echo-session.ts'
import { duration } from '../relative-time.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

/** A person may have many; the newest are told. */
const LISTED_MAX = 10

const oneSession = z.object({
  id: z.string().describe('The first characters: enough to tell them apart.'),
  current: z.boolean(),
  client: z.string(),
  revision: z.string(),
  ageSeconds: z.number(),
  idleSeconds: z.number(),
  calls: z.number(),
})
type SessionFacts = z.infer<typeof oneSession>

export const sessionInfoTool = defineReport({
  name: 'sessionInfo',
  description: 'Shows this session and your other ones with this server.',
  needsSession: true,
  input: NO_ARGUMENTS,
  output: z.object({ sessions: z.array(oneSession), total: z.number() }),
  run(_, { session }) {
    const own = [...(session?.own() ?? [])].sort((one, other) => other.openedAt - one.openedAt)
    // This one is told also when there are many younger ones.
    const others = own.filter((one) => one !== session).slice(0, LISTED_MAX)
    const listed = [...(session === undefined ? [] : [session]), ...others]
    const facts = {
      sessions: listed.map((one) => toFacts(one, one === session)),
      total: own.length,
    }
    return { text: toLines(facts).join('\n'), facts }
  },
})

function toFacts(session: EchoSession, current: boolean): SessionFacts {
  const now = performance.now()
  return {
    id: session.shortId,
    current,
    client: session.clientName,
    revision: session.revision,
    ageSeconds: Math.floor((now - session.openedAt) / 1000),
    idleSeconds: Math.floor((now - session.usedAt) / 1000),
    calls: session.calls,
  }
}

function toLines({ sessions, total }: { sessions: SessionFacts[]; total: number }): string[] {
  const more = total - sessions.length
  return [
    `Your open sessions with this server: ${total}`,
    ...sessions.map(
      ({ id, current, client, revision, ageSeconds, idleSeconds, calls }) =>
        `${current ? 'this one' : '        '}  ${id}…  ${client}, MCP ${revision}, ${calls} calls, ${duration(ageSeconds)} old, last used ${duration(idleSeconds)} ago`,
    ),
    ...(more > 0 ? [`and ${more} older ones`] : []),
  ]
}

/** The tools of the echo service: the message back, who the caller is, and a wait with progress. */

import { setTimeout as sleep } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { whoCalls } from './who-calls.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

const WAIT_SECONDS_MAX = 60
const WAIT_STEPS_MAX = 600

export function createTools(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' })
  server.registerTool(
    'echo',
    { description: 'Returns the message.', inputSchema: { message: z.string() } },
    ({ message }) => ({ content: [{ type: 'text', text: message }] }),
  )
  server.registerTool(
    'whoami',
    {
      description: 'Shows the identity that the gateway passes on with each request.',
      outputSchema: {
        userId: z.string(),
        userName: z.string(),
        headers: z.record(z.string(), z.string()),
      },
    },
    (extra) => {
      const caller = whoCalls(extra.requestInfo?.headers ?? {})
      return {
        content: [{ type: 'text', text: JSON.stringify(caller, undefined, 2) }],
        structuredContent: { ...caller },
      }
    },
  )
  server.registerTool(
    'wait',
    {
      description: 'Waits, and reports progress while it does.',
      inputSchema: {
        seconds: z.number().min(0).max(WAIT_SECONDS_MAX),
        steps: z.number().int().min(1).max(WAIT_STEPS_MAX).default(1),
      },
    },
    async ({ seconds, steps }, extra) => {
      await wait(seconds, steps, extra)
      return { content: [{ type: 'text', text: `waited ${seconds} s in ${steps} steps` }] }
    },
  )
  return server
}

async function wait(seconds: number, steps: number, extra: Extra): Promise<void> {
  const progressToken = extra._meta?.progressToken
  for (let step = 1; step <= steps; step += 1) {
    await sleep((seconds * 1000) / steps, undefined, { signal: extra.signal })
    if (progressToken === undefined) continue
    const params = { progressToken, progress: step, total: steps, message: `step ${step}` }
    await extra.sendNotification({ method: 'notifications/progress', params })
  }
}

/** `echo` and `replayLastEcho`: the message back, now or once more. */

import { z } from 'zod'
import { defineTool, NO_ARGUMENTS } from './tool.ts'

export const echoTool = defineTool({
  name: 'echo',
  description: 'Returns the message.',
  input: z.strictObject({ message: z.string() }),
  run({ message }, { session }) {
    session?.remember(message)
    return message
  },
})

export const replayLastEchoTool = defineTool({
  name: 'replayLastEcho',
  description: 'Returns once more what echo was last given in this session.',
  needsSession: true,
  input: NO_ARGUMENTS,
  run(_, { session }) {
    const last = session?.lastEcho
    if (last === undefined) return 'Nothing was echoed in this session yet: call echo first.'
    return last.isCut ? `${last.text}… (the rest was not kept)` : last.text
  },
})

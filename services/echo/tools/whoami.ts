/** `whoami`: the identity that the gateway sets. */

import { z } from 'zod'
import { whoCalls } from '../who-calls.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

export const whoamiTool = defineReport({
  name: 'whoami',
  description: 'Shows the identity that the gateway passes on with each request.',
  input: NO_ARGUMENTS,
  output: z.object({
    userId: z.string(),
    userName: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
  run(_, { headers }) {
    const caller = whoCalls(headers)
    return { text: JSON.stringify(caller, undefined, 2), facts: { ...caller } }
  },
})

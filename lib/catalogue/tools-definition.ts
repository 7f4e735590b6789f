/** Which tools of a service there are for whom, as people write it. */

import { z } from 'zod'

/** Whether a list shows what its caller may call now, or also what a further scope would open. */
const LISTED = ['granted', 'all'] as const
export type ListedTools = (typeof LISTED)[number]

const pattern = z
  .string()
  .regex(/\S/, 'must be the name of a tool, in which * stands for any characters')

export const toolsDefinition = z
  .strictObject({
    allow: z
      .array(pattern)
      .describe('Only these tools, by name; * stands for any characters. Default: all.'),
    deny: z.array(pattern).describe('Never these, whatever `allow` says.'),
    scopes: z
      .record(pattern, z.array(z.string().min(1)).min(1))
      .describe(
        'Scopes that a tool needs, by its name or a pattern: `mcp` or names from `scopes`. All that match count.',
      ),
    listed: z
      .enum(LISTED)
      .describe(
        'all: tools that need a further scope are listed too, so that clients ask for it when they call one. Default: granted.',
      ),
  })
  .partial()

export type ToolsDefinition = z.infer<typeof toolsDefinition>

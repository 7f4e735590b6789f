/** `wait`: takes its time, and tells of it: for what only shows in long calls. */

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defineTool, type ToolCall } from './tool.ts'

const SECONDS_MAX = 60
const STEPS_MAX = 600

export const waitTool = defineTool({
  name: 'wait',
  description: 'Waits, and reports progress while it does.',
  input: z.strictObject({
    seconds: z.number().min(0).max(SECONDS_MAX),
    steps: z.number().int().min(1).max(STEPS_MAX).default(1),
  }),
  async run({ seconds, steps }, call) {
    await wait(seconds, steps, call)
    return `waited ${seconds} s in ${steps} steps`
  },
})

async function wait(seconds: number, steps: number, call: ToolCall): Promise<void> {
  const { progressToken, signal } = call
  for (let step = 1; step <= steps; step += 1) {
    await sleep((seconds * 1000) / steps, undefined, { signal })
    if (progressToken === undefined) continue
    const params = { progressToken, progress: step, total: steps, message: `step ${step}` }
    await call.notify({ method: 'notifications/progress', params })
  }
}

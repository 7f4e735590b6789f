/** What the tools tell of time where the clock was put back while the service ran. */

import { mock } from 'node:test'
import test from 'ava'
import type { Tool } from '../../../services/echo/tools/tool.ts'
import { allTools } from '../../../services/echo/tools.ts'
import { openSession, runTool } from '../../support/echo-tool.ts'

function named(name: string): Tool {
  const tool = allTools({}).find((one) => one.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

test.serial('ages are of what has passed, and a request arrived now', async (t) => {
  const session = openSession()
  const putBackTo = Date.now() - 86_400_000
  mock.timers.enable({ apis: ['Date'], now: putBackTo })
  t.teardown(() => mock.timers.reset())
  const { facts: told } = await runTool(named('sessionInfo'), {}, { session })
  t.like(told, { sessions: [{ ageSeconds: 0, idleSeconds: 0 }] })
  const { facts: timing } = await runTool(named('requestTiming'), {}, { session })
  t.is(timing['sessionAgeSeconds'], 0)
  const receivedAt = Date.parse(String(timing['receivedAt']))
  t.true(Math.abs(receivedAt - putBackTo) < 60_000, String(timing['receivedAt']))
})

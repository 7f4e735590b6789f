/** An agent: a client with a model inside, which is asked in words and calls tools when its model says so. */

import type { RunningClient } from './driver.ts'
import { type FakeModel, startFakeModel } from './fake-model/server.ts'

export interface Agent {
  logIn(): Promise<unknown>
  /** Asks it to call the tool; resolves with all it says. */
  ask(): Promise<string>
  /** What it says of the server when the tool is not there. */
  status?(): Promise<string>
}

export const QUESTION = 'Call the tool whoami and tell me what it answers.'

/** @param begin makes the agent ready, with the address of its model. */
export async function startAgent(
  begin: (model: FakeModel) => Promise<Agent>,
): Promise<RunningClient> {
  const model = await startFakeModel()
  const agent = await begin(model)
  const isOffered = (): boolean => model.offered().some((name) => name.includes('whoami'))
  return {
    logIn: () => agent.logIn(),
    async list() {
      const said = await agent.ask()
      return isOffered() ? model.offered().join('\n') : `offered: ${model.offered()}; ${said}`
    },
    async call() {
      const said = await agent.ask()
      if (isOffered() || agent.status === undefined) return said
      return `${said}\n${await agent.status()}`
    },
    end: () => model.stop(),
  }
}

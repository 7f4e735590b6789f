/** The echo service: shows what reaches an MCP server behind the gateway. */

import { runNative } from '../native/run.ts'
import { Sessions } from '../native/sessions.ts'
import { SessionRegister } from './echo-session.ts'
import { serveSession } from './serve-session.ts'
import { allTools, statelessTools } from './tools.ts'

await runNative('echo', process.env, () => {
  const tools = allTools(process.env)
  const register = new SessionRegister()
  return {
    sessions: new Sessions((request, body) => serveSession(tools, register, request, body)),
    stateless: async () =>
      (await import('./serve-stateless.ts')).serveStateless(statelessTools(tools)),
  }
})

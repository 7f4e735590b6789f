/** The tools of the echo service, in the order in which clients see them. */

import type { Environment } from '../../lib/platform/environment.ts'
import { authContextTool } from './tools/auth-context.ts'
import { bearerDecodeTool } from './tools/bearer-decode.ts'
import { corsAnalysisTool } from './tools/cors-analysis.ts'
import { echoTool, replayLastEchoTool } from './tools/echo.ts'
import { environmentDumpTool } from './tools/environment-dump.ts'
import { healthProbeTool } from './tools/health-probe.ts'
import { printHeaderTool } from './tools/print-header.ts'
import { requestTimingTool } from './tools/request-timing.ts'
import { sessionInfoTool } from './tools/session-info.ts'
import type { Tool } from './tools/tool.ts'
import { waitTool } from './tools/wait.ts'
import { whoIsTheGoatTool } from './tools/who-is-the-goat.ts'
import { whoamiTool } from './tools/whoami.ts'

/** @param environment of this process. */
export function allTools(environment: Environment): readonly Tool[] {
  return [
    echoTool,
    replayLastEchoTool,
    whoamiTool,
    printHeaderTool,
    bearerDecodeTool,
    authContextTool,
    requestTimingTool,
    corsAnalysisTool,
    environmentDumpTool(environment),
    healthProbeTool,
    sessionInfoTool,
    whoIsTheGoatTool,
    waitTool,
  ]
}

/** For clients of the era that has no sessions (MCP 2026-07-28). */
export function statelessTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter(({ needsSession }) => needsSession === undefined)
}

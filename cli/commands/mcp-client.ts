/** The commands that make this program an MCP client, of any server. */

import type { CommandMaker } from '../context.ts'
import { callCommand } from './call.ts'
import { clientCommand } from './client/client.ts'
import { connectCommand } from './connect.ts'
import { exportConfigCommand } from './export-config.ts'
import { loginCommand } from './login.ts'
import { logoutCommand } from './logout.ts'
import { promptsCommand } from './prompts/prompts.ts'
import { rawCommand } from './raw.ts'
import { resourcesCommand } from './resources/resources.ts'
import { tokenCommand } from './token.ts'
import { toolsCommand } from './tools/tools.ts'
import { whoamiCommand } from './whoami.ts'

export const MCP_COMMANDS: readonly CommandMaker[] = [
  loginCommand,
  logoutCommand,
  whoamiCommand,
  tokenCommand,
  toolsCommand,
  resourcesCommand,
  promptsCommand,
  callCommand,
  rawCommand,
  connectCommand,
  clientCommand,
  exportConfigCommand,
]

/** Every client that the doctor can be. A new one is a file of its own and a line here. */

import type { ClientProfile } from '../model/client-profile.ts'
import { chatgpt } from './chatgpt.ts'
import { claude } from './claude.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { cursor } from './cursor.ts'
import { gemini } from './gemini.ts'
import { mcpRemote } from './mcp-remote.ts'
import { pythonSdk } from './python-sdk.ts'
import { typescriptSdk } from './typescript-sdk.ts'
import { vscode } from './vscode.ts'
import { webPage } from './web-page.ts'

export const CLIENTS: readonly ClientProfile[] = [
  claude,
  claudeCode,
  chatgpt,
  vscode,
  cursor,
  mcpRemote,
  typescriptSdk,
  pythonSdk,
  codex,
  gemini,
  webPage,
]

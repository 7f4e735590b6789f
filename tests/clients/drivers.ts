/** The clients that are tried, the light ones first. */

import { claudeCode } from './claude-code/driver.ts'
import { codex } from './codex/driver.ts'
import type { ClientDriver } from './driver.ts'
import { gemini } from './gemini/driver.ts'
import { goSdk } from './go/driver.ts'
import { inspector } from './inspector/driver.ts'
import { mcpRemote } from './mcp-remote/driver.ts'
import { mcporter } from './mcporter/driver.ts'
import { opencode } from './opencode/driver.ts'
import { PYTHON_DRIVERS } from './python/drivers.ts'
import { typescriptFirst } from './typescript/first.ts'
import { typescriptSecond } from './typescript/second.ts'

export const DRIVERS: readonly ClientDriver[] = [
  typescriptFirst,
  typescriptSecond,
  ...PYTHON_DRIVERS,
  goSdk,
  mcpRemote,
  inspector,
  mcporter,
  codex,
  claudeCode,
  gemini,
  opencode,
]

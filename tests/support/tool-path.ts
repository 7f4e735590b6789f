/** Where the programs are that not every machine has: `tests/runner/tools.ts` looks for them. */

const TOOL_VARIABLES = {
  bash: 'BASH_BIN',
  chromium: 'CHROMIUM_BIN',
  fish: 'FISH_BIN',
  git: 'GIT_BIN',
  go: 'GO_BIN',
  grpcurl: 'GRPCURL_BIN',
  lego: 'LEGO_BIN',
  python: 'PYTHON_BIN',
  tmux: 'TMUX_BIN',
  zsh: 'ZSH_BIN',
} as const

export type Tool = keyof typeof TOOL_VARIABLES

export function toolPath(tool: Tool): string | undefined {
  const path = process.env[TOOL_VARIABLES[tool]]
  return path === '' ? undefined : path
}

/** The scripts in the shells that they are for: what a person would be offered. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { toFish } from '../../../cli/completion/fish.ts'
import type { CommandRow } from '../../../cli/completion/tree.ts'
import { toZsh } from '../../../cli/completion/zsh.ts'
import { createGatewayCommand } from '../../support/gateway-command.ts'
import { run } from '../../support/gateway-process.ts'
import { needs } from '../../support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'completion-'))
writeFileSync(join(folder, 'mine.json'), '{}')
writeFileSync(
  join(folder, 'gateway.yaml'),
  'mcpServers: { mine: { command: x, enabled: false } }\n',
)
const command = createGatewayCommand(folder)
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

type Shell = 'bash' | 'zsh' | 'fish'

/** What the shell makes of these words, the last of which is being typed. */
const ASKING: Readonly<Record<Shell, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) => `
    source ${script}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _gateway; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What completes in an interactive zsh alone stands in for itself here.
  zsh: (script, words) => `
    compdef() { }
    _describe() { local list=$argv[-1]; print -rl -- "\${(@P)list}" }
    _files() { print -rl -- * }
    source ${script}
    words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}
    _gateway`,
  fish: (script, words) => `source ${script}; complete -C '${words.join(' ')}'`,
}

const scripts = new Map<Shell, string>()

async function scriptOf(shell: Shell): Promise<string> {
  const known = scripts.get(shell)
  if (known !== undefined) return known
  const path = join(folder, shell)
  const { stdout } = await command(['completion', shell])
  writeFileSync(path, stdout)
  scripts.set(shell, path)
  return path
}

async function ask(shell: Shell, script: string, words: readonly string[]): Promise<string> {
  const text = ASKING[shell](script, ['gateway', ...words])
  const told = await run([shell, '-c', text], folder, process.env).ended
  if (told.stderr !== '') throw new Error(told.stderr)
  return told.stdout
}

/** zsh and fish tell a description beside the word: it is left out. */
async function offered(shell: Shell, words: readonly string[]): Promise<readonly string[]> {
  const told = await ask(shell, await scriptOf(shell), words)
  return told.split('\n').flatMap((line) => line.split(/[:\t]/)[0] || [])
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  needs(shell)(`${shell} completes commands, options and names`, async (t) => {
    const commands = await offered(shell, [''])
    for (const name of ['setup', 'restart', 'services', 'config', 'clients']) {
      t.true(commands.includes(name), name)
    }
    t.false(commands.includes('help'))
    const below = await offered(shell, ['services', ''])
    t.deepEqual([...below].sort(), ['add', 'disable', 'enable', 'list', 'remove', 'test'])
    t.false((await offered(shell, ['completion', ''])).includes('values'), 'it is for scripts')

    const options = await offered(shell, ['--json', 'add', '--'])
    for (const name of ['--isolation', '--dry-run', '--json', '--help']) {
      t.true(options.includes(name), name)
    }
    const choices = await offered(shell, ['add', '--isolation', ''])
    t.deepEqual([...choices].sort(), ['session', 'shared', 'user'])
    t.deepEqual(await offered(shell, ['add', '--name', '']), [], 'a name of one’s own')

    const off = await offered(shell, ['services', 'enable', ''])
    t.true(off.includes('mine') && off.includes('time') && !off.includes('echo'))
    t.deepEqual(await offered(shell, ['remove', '']), ['mine'])
    t.true((await offered(shell, ['restart', ''])).includes('oauth-server'))
    t.true((await offered(shell, ['audit', '--service', ''])).includes('memory'))
    t.true((await offered(shell, ['import', ''])).includes('mine.json'))
  })
}

const NASTY = 'it\'s $(touch bad) `touch bad` \\ $HOME "x"'
const ROWS: readonly CommandRow[] = [
  { path: [], commands: [{ name: 'one', description: NASTY }], options: [], values: undefined },
  { path: ['one'], commands: [], options: [], values: undefined },
]

for (const [shell, render] of [
  ['zsh', toZsh],
  ['fish', toFish],
] as const) {
  needs(shell)(`a description is nothing but a text for ${shell}`, async (t) => {
    const script = join(folder, `nasty.${shell}`)
    writeFileSync(script, render(ROWS, ['false']))
    t.true((await ask(shell, script, [''])).includes(NASTY))
    t.false(existsSync(join(folder, 'bad')))
  })
}

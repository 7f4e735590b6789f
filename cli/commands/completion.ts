/** `gateway completion`: scripts for shells, made of the commands that there are. */

import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { toBash } from '../completion/bash.ts'
import { toFish } from '../completion/fish.ts'
import { toRows, VALUE_KINDS, type ValueKind } from '../completion/tree.ts'
import { valuesOfKind } from '../completion/values.ts'
import { toZsh } from '../completion/zsh.ts'
import type { CommandMaker } from '../context.ts'

const NOTES = `
Names of services and parts are looked up while you type.

  bash   echo 'source <(gateway completion bash)' >> ~/.bashrc
  zsh    echo 'source <(gateway completion zsh)' >> ~/.zshrc       behind compinit
  fish   gateway completion fish > ~/.config/fish/completions/gateway.fish

After an upgrade bash and zsh know new commands in the next shell, fish once the file is written again.
`

const SHELLS = { bash: toBash, zsh: toZsh, fish: toFish } as const

export const completionCommand: CommandMaker = (context) => {
  const command = new Command('completion')
    .description('Print what makes a shell complete the commands, their options and names.')
    .addHelpText('after', NOTES)
  for (const [shell, render] of Object.entries(SHELLS)) {
    command.addCommand(
      new Command(shell)
        .description(`Print the script for ${shell}.`)
        .action((_options: object, { parent }: Command) => {
          const { output, rooms } = context()
          const program = [process.execPath, join(rooms, 'cli/main.ts')]
          const script = render(toRows(parent?.parent as Command), program)
          output.result({ shell, script }, () => [script.trimEnd()])
        }),
    )
  }
  return command.addCommand(valuesCommand(context), { hidden: true })
}

/** For the scripts: names, one a line. */
const valuesCommand: CommandMaker = (context) =>
  new Command('values')
    .addArgument(new Argument('<kind>').choices(VALUE_KINDS))
    .action(async (kind: ValueKind) => {
      const { output } = context()
      const values = await valuesOfKind(context(), kind)
      output.result(values, () => values)
    })

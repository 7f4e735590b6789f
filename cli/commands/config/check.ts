/** `gateway config check`: everything that a start would refuse, at once. */

import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import { checkConfiguration, checkOutside, checkPrograms } from '../../configuration/check.ts'
import { type CommandMaker, type Context, isInContainer } from '../../context.ts'

const NOTES = `
It reads gateway.yaml, .env, this shell's environment, and the files that NAME_FILE names, as a start would, and touches
nothing. Notes are what starts all the same: a name in .env that is misspelt, a secret that a service misses.

  $ gateway config check && gateway restart
  $ gateway config check --compose      as the containers of compose.yaml read it

Exit codes: 0 it would start, 1 it would not.
`

export const checkCommand: CommandMaker = (context) =>
  new Command('check')
    .description('Tell everything in the configuration that a start would refuse.')
    .option('--compose', 'as Docker Compose would start it')
    .addHelpText('after', NOTES)
    .action(async ({ compose }: { readonly compose?: true }) => {
      await check(context(), compose === true)
    })

async function check(context: Context, compose: boolean): Promise<void> {
  const asCompose = compose || isInContainer(context)
  const { notes, gateway, ...checked } = checkConfiguration(context, { asCompose })
  const inItself = [...checked.faults, ...(asCompose ? [] : await checkPrograms(context))]
  const faults = asCompose || inItself.length > 0 ? inItself : await checkOutside(context)
  const value = { ok: faults.length === 0, faults, notes }
  context.output.result(value, () => [
    ...faults.map((fault) => `✘ ${fault}`),
    ...notes.map((note) => `! ${note}`),
    ...(faults.length === 0 && gateway !== undefined
      ? [`${gateway.addresses.issuer} would start with ${gateway.services.size} services.`]
      : []),
  ])
  if (faults.length === 0) return
  const many = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  throw new CliError(`${many}: a start would refuse it.`, {
    nextStep: 'correct it, then again; gateway config show tells where each value comes from',
  })
}

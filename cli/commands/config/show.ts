/** `gateway config show`: what is in force, and who says so. */

import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import { checkConfiguration } from '../../configuration/check.ts'
import { type FileValue, toFileValues } from '../../configuration/file-values.ts'
import { readSurroundings } from '../../configuration/read-surroundings.ts'
import { type SwitchRow, toSwitchRows } from '../../configuration/service-switches.ts'
import { toVariableRows, type VariableRow } from '../../configuration/variables.ts'
import { type CommandMaker, type Context, isInContainer } from '../../context.ts'
import { toTable } from '../../output.ts'
import { readConfigurationFile } from '../../servers/write-configuration.ts'

const NOTES = `
Sources: default, derived (from other values), environment (of this shell), .env with its line, a file that NAME_FILE
names, gateway.yaml with its line. Secrets are masked, and what could be one: env and headers of services.

  $ gateway config show --changed
  $ gateway config show --json | jq '.variables[] | select(.name == "PUBLIC_URL")'
`

export const showCommand: CommandMaker = (context) =>
  new Command('show')
    .description('Print what is in force, with where each value comes from.')
    .option('--changed', 'only what is not the default')
    .addHelpText('after', NOTES)
    .action(({ changed }: { readonly changed?: true }) => show(context(), changed === true))

interface Shown {
  readonly variables: readonly VariableRow[]
  readonly file: { readonly path: string; readonly values: readonly FileValue[] }
  readonly services: readonly SwitchRow[]
}

function show(context: Context, onlyChanged: boolean): void {
  const surroundings = readSurroundings(context)
  const { faults, gateway } = checkConfiguration(context, { asCompose: isInContainer(context) })
  const { path, text } = readConfigurationFile(context)
  const values = toFileValues(text)
  const isWanted = ({ source }: { readonly source: string }): boolean =>
    !onlyChanged || !UNCHANGED.has(source)
  const shown: Shown = {
    variables: toVariableRows(surroundings, gateway).filter(isWanted),
    file: { path, values },
    services:
      gateway === undefined ? [] : toSwitchRows(gateway, values, surroundings).filter(isWanted),
  }
  context.output.result({ ...shown, faults }, () => render(shown))
  if (faults.length === 0) return
  throw new CliError(['A start would refuse it:', ...faults.map((one) => `  ${one}`)].join('\n'), {
    nextStep: 'correct it; gateway config check tells when nothing is left',
  })
}

const UNCHANGED = new Set(['default', 'derived', 'made at the first start'])

function render({ variables, file, services }: Shown): string[] {
  return [
    ...toTable([
      ['VARIABLE', 'VALUE', 'SOURCE'],
      ...variables.map(({ name, value, source, fault }) => [
        name,
        value ?? '-',
        fault === null ? source : `${source}: ${fault}`,
      ]),
    ]),
    '',
    ...(file.values.length === 0
      ? [`${file.path}: nothing`]
      : toTable([
          [file.path, 'VALUE', 'LINE'],
          ...file.values.map(({ path, value, line }) => [path, value, String(line)]),
        ])),
    '',
    ...toTable([
      ['SERVICE', 'ON', 'SOURCE'],
      ...services.map(({ name, on, source }) => [name, on ? 'on' : 'off', source]),
    ]),
  ]
}

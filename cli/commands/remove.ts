/** `gateway remove`: takes an entry out of the configuration file. */

import { Command } from 'commander'
import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { CONTAINER_GOES } from '../servers/added-lines.ts'
import { follow, followedLines, serves } from '../servers/follow.ts'
import { entryNames, withoutEntry } from '../servers/gateway-document.ts'
import { removeContainer } from '../servers/image/add-image.ts'
import { readConfigurationFile, writeConfigurationFile } from '../servers/write-configuration.ts'

export const removeCommand: CommandMaker = (context) =>
  new Command('remove')
    .description('Take a server out of the configuration file. Its data stays.')
    .argument('<name>', 'under which it is served')
    .action((name: string) => remove(context(), name))

async function remove(context: Context, name: string): Promise<void> {
  const file = readConfigurationFile(context)
  if (!entryNames(file.text).has(name)) throw notThere(name, file.path)
  const gateway = writeConfigurationFile({ ...file, text: withoutEntry(file.text, name) }, context)
  const isContainer = removeContainer(context, name)
  // One of the gateway's own may have stood behind it.
  const remains = gateway.services.has(name)
  const followed = await follow(context, (status) => serves(status, name) === remains)
  context.output.result({ name, path: file.path, removed: true, gateway: followed.state }, () => [
    `${name} is not in ${file.path} any more.`,
    ...(followed.state === 'none' ? [] : followedLines(followed)),
    ...(isContainer ? [CONTAINER_GOES] : []),
    ...(remains
      ? [`The gateway's own ${name} is served again: ${serviceSwitch(name)}=false ends that.`]
      : []),
  ])
}

function notThere(name: string, path: string): CliError {
  return new CliError(`${path} has no service ${name}.`, {
    nextStep: shippedNames().has(name)
      ? `the gateway brings it along: ${serviceSwitch(name)}=false switches it off`
      : 'gateway status shows what is served',
  })
}

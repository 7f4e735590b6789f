/** `gateway config schema`: the JSON Schema of `gateway.yaml`, for editors. */

import { Command } from 'commander'
import { gatewayFileSchema } from '../../../lib/catalogue/gateway-file.ts'
import type { CommandMaker } from '../../context.ts'

const NOTES = `
JSON Schema, draft 2020-12. With it beside gateway.yaml an editor completes and checks while you type:

  $ gateway config schema > gateway.schema.json
  # yaml-language-server: $schema=gateway.schema.json      the first line of gateway.yaml
`

export const schemaCommand: CommandMaker = (context) =>
  new Command('schema')
    .description('Print the JSON Schema of gateway.yaml, for editors.')
    .addHelpText('after', NOTES)
    .action(() => {
      const schema = gatewayFileSchema()
      context().output.result(schema, () => [JSON.stringify(schema, undefined, 2)])
    })

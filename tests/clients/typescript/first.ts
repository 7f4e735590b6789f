/** The official TypeScript SDK, first generation: a library, so it runs in this process. */

import { type Connection, callText, connect } from '../../support/sdk-client.ts'
import type { ClientDriver } from '../driver.ts'

export const typescriptFirst: ClientDriver = {
  name: 'typescript-1',
  title: 'TypeScript SDK 1.x',
  version: '1.32.2',
  isLight: true,
  install: async () => '',
  start({ endpoint, person }) {
    let connection: Connection | undefined
    const client = () => connection?.client ?? raise()
    return {
      async logIn() {
        connection = await connect(endpoint, person)
      },
      async list() {
        const { tools } = await client().listTools()
        return tools.map(({ name }) => name).join('\n')
      },
      call: () => callText(client(), 'whoami'),
      end: () => connection?.close(),
    }
  },
}

function raise(): never {
  throw new Error('not connected')
}

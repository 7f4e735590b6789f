/** The official TypeScript SDK, second generation: it tries the stateless revision first. */

import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { MemoryProvider } from '../../support/sdk-client.ts'
import type { ClientDriver, Surroundings } from '../driver.ts'

export const typescriptSecond: ClientDriver = {
  name: 'typescript-2',
  title: 'TypeScript SDK 2.x',
  version: '2.4.0',
  isLight: true,
  install: async () => '',
  start(surroundings) {
    let client: Client | undefined
    return {
      async logIn() {
        client = await connect(surroundings)
      },
      async list() {
        const { tools } = (await client?.listTools()) ?? { tools: [] }
        return tools.map(({ name }) => name).join('\n')
      },
      async call() {
        const result = await client?.callTool({ name: 'whoami', arguments: {} })
        return JSON.stringify(result?.content)
      },
      end: () => client?.close(),
    }
  },
}

async function connect({ endpoint, person }: Surroundings): Promise<Client> {
  const memory = new MemoryProvider()
  const authProvider = memory as unknown as OAuthClientProvider
  const transport = () => new StreamableHTTPClientTransport(new URL(endpoint), { authProvider })
  const make = () =>
    new Client({ name: 'second', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const first = make()
  try {
    await first.connect(transport())
    return first
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || memory.authorizationUrl === undefined) throw error
    const answer = await person.approve(memory.authorizationUrl)
    await transport().finishAuth(answer.searchParams)
    const again = make()
    await again.connect(transport())
    return again
  }
}

import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText, connect, MemoryProvider } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const gateway = await startGateway({ environment: { LOG_LEVEL: 'debug' } })
test.after.always(() => gateway.remove())

verifies('secrets-at-rest', async (t) => {
  const provider = new MemoryProvider()
  const visitor = createVisitor('sam')
  const seen: Record<string, string> = {}
  const watching = {
    approve: async (url: URL | string) => {
      const page = await visitor.open(url)
      seen['interaction'] = page.fields['interaction'] ?? ''
      const answer = await visitor.answer(page, 'approve')
      seen['code'] = answer.searchParams.get('code') ?? ''
      return answer
    },
  }
  const connection = await connect(`${gateway.url}/echo/mcp`, watching, { provider })
  await callText(connection.client, 'whoami')
  seen['verifier'] = provider.codeVerifier()
  seen['access token'] = provider.saved?.access_token ?? ''
  seen['refresh token'] = provider.saved?.refresh_token ?? ''
  const registered = (await (
    await fetch(`${gateway.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['https://app.example/cb'] }),
    })
  ).json()) as { client_secret: string }
  seen['client secret'] = registered.client_secret
  await connection.close()
  await gateway.stop()

  const state = join(gateway.folder, '.gateway')
  const files = globSync('**/*', { cwd: state }).filter((file) =>
    statSync(join(state, file)).isFile(),
  )
  t.true(files.some((file) => file.endsWith('gateway.log')))
  t.true(files.some((file) => /appendonly.*aof$/.test(file)))
  const kept = files.map((file) => [file, readFileSync(join(state, file), 'latin1')] as const)
  t.true(
    kept.some(([, text]) => text.includes('dev:sam')),
    'the store keeps what it may',
  )
  for (const [name, secret] of [...Object.entries(seen)]) {
    t.true(secret.length > 20, `${name} was seen`)
    const holders = [...kept, ['the terminal', gateway.output()] as const]
    t.deepEqual(
      holders.filter(([, text]) => text.includes(secret)).map(([file]) => file),
      [],
      `${name} is nowhere in clear`,
    )
  }
})

import test from 'ava'
import { createIssuerCheck } from '../../../../oauth-server/access/provider-issuers.ts'
import type { Ports } from '../../../../oauth-server/ports.ts'

const ISSUER = 'https://id.example'

function check(held: string, told: string[] = []): (provider: string) => Promise<void> {
  return createIssuerCheck({
    providers: new Map([['okta', { issuer: ISSUER }]]) as unknown as Ports['providers'],
    families: { providerIssuers: { bind: async () => held } } as unknown as Ports['families'],
    log: { error: (_: object, words: string) => told.push(words) } as unknown as Ports['log'],
  })
}

test('a provider whose name is bound to its own issuer lets people log in', async (t) => {
  await t.notThrowsAsync(check(ISSUER)('okta'))
})

test('nobody logs in at a provider whose name is bound to another issuer', async (t) => {
  const told: string[] = []
  const failing = check('https://other.example', told)
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await t.throwsAsync(failing('okta'), { message: /set up wrongly/ })
    t.is(told.length, attempt)
  }
  t.regex(told[0] ?? '', /through https:\/\/other\.example, not https:\/\/id\.example/)
})

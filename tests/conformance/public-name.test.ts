import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createAuthority } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { gitHubEnvironment, startGitHub } from '../support/github-emulator.ts'
import { askTrusted, type TlsAnswer } from '../support/tls-client.ts'
import { verifies } from '../support/verifies.ts'

/** A gateway as the internet sees it: its address names no port, whichever one it listens on. */
const NAME = 'gw.example'
const ISSUER = `https://${NAME}`
const ENDPOINT = '/echo/mcp'

const authority = createAuthority()
const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
const certificates = join(folder, '.gateway/certs/live')
const { key, cert } = authority.issue([NAME])
mkdirSync(certificates, { recursive: true })
writeFileSync(join(certificates, 'privkey.pem'), key)
writeFileSync(join(certificates, 'fullchain.pem'), cert)
const port = await freePort()
const github = await startGitHub({ callbackUrl: `${ISSUER}/callback` })
const gateway = await startGateway({
  folder,
  port,
  environment: { PUBLIC_URL: ISSUER, ...gitHubEnvironment(github) },
  file: 'access: { users: ["github:1"] }\n',
})
test.after.always(async () => {
  await gateway.remove()
  await github.stop()
  authority.remove()
})

const ask = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<TlsAnswer> =>
  askTrusted({ port, servername: NAME }, path, authority.cert, NAME, headers)

verifies('host-with-its-port', async (t) => {
  for (const host of [NAME, `${NAME}:443`, NAME.toUpperCase(), `${NAME}.`]) {
    const { status, headers } = await ask(ENDPOINT, { host })
    t.is(status, 401, host)
    t.true(headers['www-authenticate']?.includes(`"${ISSUER}/.well-known/`), host)
    const metadata = await ask('/.well-known/oauth-authorization-server', { host })
    t.is((JSON.parse(metadata.body) as { issuer: string }).issuer, ISSUER, host)
  }
  for (const host of [`${NAME}:${port}`, `${NAME}:80`, `${NAME}:evil`, `evil.example:443`]) {
    t.true([400, 421].includes((await ask(ENDPOINT, { host })).status), host)
  }
})

verifies('origin-other-scheme', async (t) => {
  t.is((await ask(ENDPOINT, { origin: ISSUER })).status, 401, 'our own pages may call')
  for (const origin of [
    `http://${NAME}`,
    `http://${NAME}:443`,
    `${ISSUER}:444`,
    `${ISSUER}.evil.example`,
    `ftp://${NAME}`,
    'http://localhost:6274',
    'null',
  ]) {
    const { status, headers } = await ask(ENDPOINT, { origin })
    t.is(status, 403, origin)
    t.is(headers['access-control-allow-origin'], undefined, origin)
  }
})

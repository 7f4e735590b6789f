import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import test from 'ava'
import { makeAuthority, makePlaceholder, signLeaf } from '../../../certs/making.ts'

const NOW = Date.now()
const DAY_MS = 86_400_000
const authority = await makeAuthority(NOW)

/** Node has no name of its own for OpenSSL's "permitted subtree violation", and for hardly anything else. */
const OUTSIDE = /^UNSPECIFIED$/

/** What a client that trusts the authority makes of a leaf for `names` when it wanted `servername`. */
async function outcome(
  names: readonly string[],
  servername: string,
  ca = authority.certificate,
): Promise<string> {
  const { certificate, key } = await signLeaf(authority, names, NOW)
  const server = createServer({ cert: certificate, key })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ host: '127.0.0.1', port, servername, ca, rejectUnauthorized: false })
  await once(client, 'secureConnect')
  const error = client.authorizationError as unknown as string | Error | undefined
  client.destroy()
  server.close()
  return error === undefined || error === null ? 'trusted' : String(error)
}

test('who trusts the authority trusts its certificates, for their names', async (t) => {
  t.is(await outcome(['localhost', '127.0.0.1'], 'localhost'), 'trusted')
  t.is(await outcome(['auth.gateway.localhost'], 'auth.gateway.localhost'), 'trusted')
  t.regex(await outcome(['localhost'], 'other.localhost'), /ALTNAME/)
})

test('who does not trust it trusts none of them', async (t) => {
  const other = await makeAuthority(NOW)
  t.regex(await outcome(['localhost'], 'localhost', other.certificate), /UNABLE_TO_VERIFY|SELF/)
})

test('the authority is good for this machine alone, whoever has its key', async (t) => {
  t.regex(await outcome(['bank.example'], 'bank.example'), OUTSIDE)
  t.regex(await outcome(['localhost', '192.0.2.1'], 'localhost'), OUTSIDE)
})

test('what they are: ECDSA, bounded in time, each with a number of its own', async (t) => {
  const leaf = await signLeaf(authority, ['localhost', '::1'], NOW)
  const placeholder = await makePlaceholder(['a.example'], NOW)
  const parsed = [authority, leaf, placeholder].map(({ certificate, key }) => {
    t.is(createPrivateKey(key).asymmetricKeyDetails?.namedCurve, 'prime256v1')
    return new X509Certificate(certificate)
  })
  const [ca, made, temporary] = parsed
  t.deepEqual(
    parsed.map(({ ca: isAuthority }) => isAuthority),
    [true, false, false],
  )
  t.is(new Set(parsed.map(({ serialNumber }) => serialNumber)).size, 3)
  t.is(made?.issuer, ca?.subject)
  t.regex(ca?.subject ?? '', /^CN=MCP OAuth Gateway development authority [0-9a-f]{8}$/)
  t.is(temporary?.subjectAltName, 'DNS:a.example')
  t.true(
    (made?.validToDate.getTime() ?? 0) < NOW + 91 * DAY_MS,
    'Apple takes no more than 825 days',
  )
  t.true((made?.validFromDate.getTime() ?? NOW) < NOW)
})

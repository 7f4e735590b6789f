/** Which name a certificate is compared with. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import test from 'ava'
import { shakeHands } from '../../../../cli/certificates/handshake.ts'
import { createAuthority } from '../../../support/certificates.ts'

test('the certificate has to be for the name, wherever it is connected to', async (t) => {
  const authority = createAuthority()
  t.teardown(() => authority.remove())
  const server = createServer(authority.issue(['IP:127.0.0.1', 'localhost']))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const faultOf = async (name: string) => {
    const authorities = [authority.cert.toString()]
    return (await shakeHands({ host: '127.0.0.1', port, name, authorities })).fault
  }
  t.is(await faultOf('127.0.0.1'), null)
  t.is(await faultOf('localhost'), null)
  t.is(await faultOf('192.0.2.7'), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.is(await faultOf('other.example'), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

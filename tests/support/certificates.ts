/** Certificates as somebody on the internet has them, from an authority of the test's own. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

export interface Authority {
  /** For NODE_EXTRA_CA_CERTS. */
  readonly path: string
  readonly cert: Buffer
  /** Valid for a day, or expired a day ago. @param hosts names; addresses as `IP:…`. */
  issue(hosts: readonly string[], validity?: 'valid' | 'expired', kind?: 'ec' | 'rsa'): Certificate
  remove(): void
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
const RSA_KEY = ['-newkey', 'rsa:2048', '-nodes']

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'))
  const [key, path] = [join(folder, 'ca.key'), join(folder, 'ca.pem')]
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  openssl('req', '-x509', ...KEY, '-keyout', key, '-out', path, '-days', '1', '-subj', '/CN=Tests')
  return {
    path,
    cert: readFileSync(path),
    issue(hosts, validity = 'valid', kind = 'ec') {
      const own = join(folder, 'key')
      const [request, cert] = [join(folder, 'request'), join(folder, 'cert')]
      const names = `subjectAltName=${hosts.map(toName).join(',')}`
      const subject = ['-subj', '/CN=Test', '-addext', names]
      openssl(
        'req',
        ...(kind === 'ec' ? KEY : RSA_KEY),
        '-keyout',
        own,
        '-out',
        request,
        ...subject,
      )
      const signer = ['-CA', path, '-CAkey', key, '-CAcreateserial', '-copy_extensions', 'copy']
      const days = validity === 'valid' ? '1' : '-1'
      openssl('x509', '-req', '-in', request, ...signer, '-days', days, '-out', cert)
      return { key: readFileSync(own), cert: readFileSync(cert) }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function toName(host: string): string {
  return host.startsWith('IP:') ? host : `DNS:${host}`
}

import { isLoopbackHost } from '../../../lib/catalogue/addresses.ts'
import { toFacts } from '../../certificates/facts.ts'
import { type Handshake, shakeHands } from '../../certificates/handshake.ts'
import { defineCheck, passed } from '../model/check.ts'

/** What OpenSSL calls it, and which fault that is. */
const FAULTS = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong_name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'incomplete_chain',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
} as const

export const certificate = defineCheck({
  id: 'certificate',
  stage: 'way',
  title: 'Certificate',
  about:
    'The certificate is for this name, of an authority that clients trust, whole with its intermediates, and not about to end.',
  needs: [],
  once: true,
  faults: {
    no_tls: {
      severity: 'error',
      meaning: 'The port does not speak TLS.',
      cure: 'Serve https there, or give the port that does.',
    },
    expired: {
      severity: 'error',
      meaning: 'The certificate has ended: every client refuses it.',
      cure: 'Renew it. At this gateway: `gateway ssl` says when it is renewed and why it was not, docs/certificates.md how.',
    },
    not_yet_valid: {
      severity: 'error',
      meaning: 'The certificate begins later than now.',
      cure: 'Set the clock of the machine that issued it, or of this one, right.',
    },
    wrong_name: {
      severity: 'error',
      meaning: 'The certificate is somebody else’s: it is not for this name.',
      cure: 'Get one that lists the name, or use the name that it lists; behind a load balancer, see which certificate that one serves.',
    },
    incomplete_chain: {
      severity: 'error',
      meaning:
        'Who signed it is not known: intermediate certificates are not sent (browsers may know them, programs do not), or it is signed by an authority of your own.',
      cure: 'Serve the full chain (fullchain.pem), not the certificate alone. With an authority of your own, make each client trust it: NODE_EXTRA_CA_CERTS=FILE, SSL_CERT_FILE=FILE; hosted clients such as claude.ai never will.',
    },
    untrusted: {
      severity: 'error',
      meaning: 'It is signed by nobody whom clients trust.',
      cure: 'Get one from a public authority (ACME_EMAIL does at this gateway), or make each client trust yours: NODE_EXTRA_CA_CERTS=FILE, SSL_CERT_FILE=FILE. Hosted clients such as claude.ai never will.',
    },
    near_end: {
      severity: 'warning',
      meaning: 'The certificate ends soon: by now it should have been renewed.',
      cure: 'See why it is not renewed: `gateway ssl` at this gateway.',
    },
    plain_http: {
      severity: 'error',
      meaning:
        'The server is reached in clear: tokens travel in the open, and clients refuse to send any.',
      cure: 'Use its https address, or have one made (docs/certificates.md).',
    },
  },
  async run({ url, days, authorities }, find) {
    const { protocol, hostname, port } = new URL(url)
    if (protocol === 'http:') return isLoopbackHost(hostname) ? undefined : find('plain_http', url)
    let shown: Handshake
    try {
      shown = await shakeHands({
        host: hostname,
        port: Number(port) || 443,
        name: hostname,
        authorities,
      })
    } catch (error) {
      return find(
        'no_tls',
        `${hostname}: ${(error as NodeJS.ErrnoException).code ?? 'no handshake'}`,
      )
    }
    const [leaf] = shown.chain
    if (leaf === undefined) return find('no_tls', `${hostname} shows no certificate`)
    const { issuer, not_after, days_left } = toFacts(leaf, Date.now())
    const words = `issued by ${issuer}, until ${not_after}`
    if (shown.fault !== null) {
      const code = FAULTS[shown.fault as keyof typeof FAULTS] ?? 'untrusted'
      return find(code, `${hostname}: ${shown.fault}; ${words}`)
    }
    const told = `${hostname}: ${words} (${days_left} days left)`
    return days_left < days ? find('near_end', told) : passed(told)
  },
})

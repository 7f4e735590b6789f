/** Why no answer came, by kind: each has its own cure. */

export type UnreachableKind = 'unknown_name' | 'no_connection' | 'certificate' | 'timeout'

export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly kind: UnreachableKind
  readonly url: string
  readonly code: string

  constructor(kind: UnreachableKind, url: string, code: string, cause: unknown) {
    super(`${url}: ${code}`, { cause })
    this.kind = kind
    this.url = url
    this.code = code
  }
}

const UNKNOWN_NAME = /^(?:ENOTFOUND|ENODATA|EAI_\w+)$/
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|ERR_TLS|ERR_SSL|EPROTO/

export function toUnreachable(url: string, error: unknown): Unreachable {
  if (error instanceof Unreachable) return error
  const { code = '', name, message } = error as NodeJS.ErrnoException
  const isLate = name === 'TimeoutError' || name === 'AbortError' || code === 'ETIMEDOUT'
  const reason = isLate ? 'no answer in time' : code || message || firstCode(error)
  return new Unreachable(kindOf(reason, isLate), url, reason, error)
}

function kindOf(code: string, isLate: boolean): UnreachableKind {
  if (isLate) return 'timeout'
  if (UNKNOWN_NAME.test(code)) return 'unknown_name'
  return CERTIFICATE.test(code) ? 'certificate' : 'no_connection'
}

/** Of several addresses that were all tried. */
function firstCode(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : []
  return first?.code ?? 'unknown reason'
}

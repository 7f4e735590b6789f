/** What exactly is brought along to a remote server for one person, and who can help when it is refused. */

import { secretNamesIn } from '../../lib/catalogue/secret-names.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { RpcFault } from '../json-rpc.ts'

/** Whose the credentials are that a server may refuse. */
export type Credentials = 'none' | 'operator' | 'person' | 'oauth'

export interface RemotePlan {
  readonly service: string
  /** Whose requests it is for; empty for everybody's. */
  readonly person: string
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Credentials
}

const HEADER_TEXT = /^[\x20-\x7e\t\x80-\xff]*$/

/**
 * @param expand replaces templates; throws RangeError for one without a value.
 * @throws RpcFault naming the header that cannot be sent.
 */
export function planRemote(
  { name, launch, userSecrets }: Service,
  expand: (text: string) => string,
  person: string,
): RemotePlan {
  if (launch.kind !== 'remote') throw new TypeError(`${name} is no remote server`)
  const texts = Object.entries(launch.headers)
  const headers = Object.fromEntries(
    texts.map(([header, text]) => [header, toHeader(name, header, expand(text))]),
  )
  const named = secretNamesIn(texts.map(([, text]) => text))
  return { service: name, person, headers, credentials: credentialsOf() }

  function credentialsOf(): Credentials {
    if (launch.kind === 'remote' && launch.oauth !== undefined) return 'oauth'
    if (named.some((one) => Object.hasOwn(userSecrets, one))) return 'person'
    return texts.length > 0 ? 'operator' : 'none'
  }
}

/** Blanks at its ends no server would see; a secret may have been pasted with them. */
function toHeader(service: string, header: string, text: string): string {
  const value = text.trim()
  if (HEADER_TEXT.test(value)) return value
  throw new RpcFault(
    200,
    'refused',
    `the service ${service}: what was entered for its header ${header} has characters no header can have: enter it anew, as one line`,
  )
}

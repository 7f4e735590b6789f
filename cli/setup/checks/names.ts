/** Whether the names of a domain lead to this machine. */

import { isPublicAddress } from '../../../lib/platform/outbound/public-address.ts'
import type { Finding } from '../finding.ts'
import type { CheckPorts } from './checks.ts'

/** The issuer's, and one that stands for all services: whoever has a record for each sees it missing. */
const HOSTS = ['auth', 'echo']
const DEADLINE_MS = 8000
/** What a name server says when it knows that there is nothing. */
const ABSENT = ['ENOTFOUND', 'ENODATA']

type NamePorts = Pick<CheckPorts, 'resolve' | 'ownAddresses'>

export async function checkNames(domain: string, ports: NamePorts): Promise<Finding[]> {
  return await Promise.all(HOSTS.map((host) => checkName(`${host}.${domain}`, domain, ports)))
}

async function checkName(
  about: string,
  domain: string,
  { resolve, ownAddresses }: NamePorts,
): Promise<Finding> {
  const own = new Set(ownAddresses().filter(isPublicAddress))
  const target = [...own].join(', ') || 'the public address of this machine'
  const fix = `make records for auth.${domain} and *.${domain} (A, and AAAA for IPv6) that lead to ${target}; --no-check goes on without`
  let found: string[]
  try {
    const answers = await resolve(about, AbortSignal.timeout(DEADLINE_MS))
    found = answers.map(({ address }) => address)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (ABSENT.includes(code)) return { about, verdict: 'bad', text: 'the name is not known', fix }
    const text = `no name server of this machine answered (${code || 'too late'}): nobody knows whether it leads here`
    return { about, verdict: 'doubtful', text }
  }
  return { about, ...judge(found, own, fix) }
}

function judge(
  found: readonly string[],
  own: ReadonlySet<string>,
  fix: string,
): Omit<Finding, 'about'> {
  const list = found.join(', ')
  if (found.some((address) => own.has(address)))
    return { verdict: 'good', text: `leads here (${list})` }
  if (!found.some(isPublicAddress)) {
    return {
      verdict: 'doubtful',
      text: `leads to ${list}, which is not on the internet: no authority can certify it by asking there`,
      fix,
    }
  }
  if (own.size > 0) {
    return {
      verdict: 'doubtful',
      text: `leads to ${list}, and this machine is ${[...own].join(', ')}`,
      fix,
    }
  }
  return {
    verdict: 'doubtful',
    text: `leads to ${list}; this machine does not see its own public address, so make sure that it is this one, and that its router passes ports 80 and 443 on`,
  }
}

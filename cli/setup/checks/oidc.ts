/** Whether an OpenID provider is what it is called, and knows the client and its secret. */

import { isLoopbackHost } from '../../../lib/catalogue/addresses.ts'
import type { ProviderAnswer } from '../answers.ts'
import type { Finding } from '../finding.ts'
import {
  askToken,
  describeFailure,
  readObject,
  type TokenAnswer,
  type TokenQuestion,
  WRONG_CODE,
} from './ask-token.ts'
import { toPrintable } from './github.ts'

type Client = ProviderAnswer & { kind: 'oidc' }
type Metadata = Readonly<Record<string, unknown>>

export async function checkOidc(client: Client, redirectUri: string): Promise<Finding[]> {
  const found = await readMetadata(client)
  if ('finding' in found) return [found.finding]
  return [
    { about: client.issuer, verdict: 'good', text: 'describes itself as an OpenID provider' },
    await checkClient(client, toQuestion(client, found.metadata, redirectUri)),
    ...emailFindings(client),
  ]
}

/** OpenID Connect Discovery 1.0 section 4: the issuer is compared byte for byte. */
async function readMetadata({
  issuer: about,
}: Client): Promise<{ metadata: Metadata } | { finding: Finding }> {
  const url = `${about.replace(/\/$/, '')}/.well-known/openid-configuration`
  let metadata: Metadata
  try {
    metadata = await readObject(url)
  } catch (error) {
    const text = `${url} cannot be read: ${describeFailure(error)}`
    const fix = 'write the issuer as the provider calls itself; its own page of metadata says so'
    return { finding: { about, verdict: 'bad', text, fix } }
  }
  const { issuer, token_endpoint: endpoint } = metadata
  if (issuer !== about) {
    const text = `its metadata name another issuer: ${toPrintable(String(issuer))}`
    return { finding: { about, verdict: 'bad', text, fix: 'write that one, byte for byte' } }
  }
  if (typeof endpoint === 'string' && isSafe(endpoint)) return { metadata }
  const text = 'its metadata name no token endpoint on https'
  return { finding: { about, verdict: 'bad', text, fix: 'ask whoever runs the provider' } }
}

function isSafe(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
}

async function checkClient({ clientId }: Client, question: TokenQuestion): Promise<Finding> {
  const about = `client ${clientId}`
  try {
    return { about, ...judge(await askToken(question)) }
  } catch (error) {
    const text = `the token endpoint cannot be asked: ${describeFailure(error)}`
    return { about, verdict: 'doubtful', text }
  }
}

/** Authenticates as the gateway will: in the form where that is allowed, else by Basic (RFC 6749 section 2.3.1). */
function toQuestion(
  { clientId, clientSecret }: Client,
  metadata: Metadata,
  redirectUri: string,
): TokenQuestion {
  const { token_endpoint: url, token_endpoint_auth_methods_supported: methods } = metadata
  const form = {
    grant_type: 'authorization_code',
    code: WRONG_CODE,
    redirect_uri: redirectUri,
  }
  const secret = clientSecret.reveal()
  if (Array.isArray(methods) && methods.includes('client_secret_post')) {
    return { url: String(url), form: { ...form, client_id: clientId, client_secret: secret } }
  }
  const login = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`
  return { url: String(url), form, headers: { authorization } }
}

/** What is said of the code, or of the address that goes with it, is said to a client that is known. */
const KNOWN = ['invalid_grant', 'redirect_uri_mismatch']
const UNKNOWN = ['invalid_client', 'unauthorized_client', 'unauthorized']

function judge({ status, error }: TokenAnswer): Omit<Finding, 'about'> {
  if (error !== undefined && KNOWN.includes(error)) {
    return { verdict: 'good', text: 'the provider knows it and its secret' }
  }
  if (status === 401 || (error !== undefined && UNKNOWN.includes(error))) {
    return {
      verdict: 'bad',
      text: 'the provider does not accept it with this secret',
      fix: 'copy client ID and secret anew; the client must be a confidential (web) one that may use the authorization code flow',
    }
  }
  return {
    verdict: 'doubtful',
    text: `the provider answered with status ${status}${error === undefined ? '' : ` and "${toPrintable(error)}"`}: whether the secret is right is not known`,
  }
}

function emailFindings({ issuer, name }: Client): Finding[] {
  if (URL.parse(issuer)?.hostname !== 'login.microsoftonline.com') return []
  return [
    {
      about: 'Microsoft',
      verdict: 'doubtful',
      text: 'does not say which addresses are verified, so rules such as *@example.com let nobody in by themselves',
      fix: `for your own directory write into gateway.yaml: providers: { ${name}: { trust_email: true } }`,
    },
  ]
}

/** Access tokens that are not ours to accept, made of a good one by everything that somebody outside may know. */

import { createHmac, generateKeyPairSync, type KeyObject, sign, type webcrypto } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { CompactEncrypt, exportSPKI, importJWK, SignJWT } from 'jose'
import type { PublicJwk } from '../../lib/store/public-keys.ts'

export interface Known {
  /** A token that passes. */
  readonly good: string
  readonly publicJwk: PublicJwk
  /** Where nobody may look for keys. */
  readonly elsewhere: string
}

/** By what was done to it; each is short enough to be read. */
export type Forgeries = Readonly<Record<string, string>>

export async function forgeTokens(known: Known): Promise<Forgeries> {
  return {
    ...(await withPublicKeyAsSecret(known)),
    ...withOtherAlgorithms(known),
    ...(await withForeignKeys(known)),
    ...(await inOtherForms(known)),
    ...writtenOtherwise(known),
  }
}

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const partsOf = ({ good }: Known): [header: string, payload: string, signature: string] => {
  const [header = '', payload = '', signature = ''] = good.split('.')
  return [header, payload, signature]
}

const claimsOf = (known: Known): Record<string, unknown> =>
  JSON.parse(Buffer.from(partsOf(known)[1], 'base64url').toString()) as Record<string, unknown>

const HEADER = { alg: 'ES256', kid: 'test-key', typ: 'at+jwt' }

async function withPublicKeyAsSecret(known: Known): Promise<Forgeries> {
  const key = (await importJWK(known.publicJwk, 'ES256', {
    extractable: true,
  })) as webcrypto.CryptoKey
  const pem = await exportSPKI(key)
  const secrets = {
    'its PEM': pem,
    'its PEM with the last newline': `${pem.trimEnd()}\n`,
    'its PEM without': pem.trimEnd(),
    'its JWK': JSON.stringify(known.publicJwk),
    'its coordinates': Buffer.from(`${known.publicJwk['x']}${known.publicJwk['y']}`, 'base64url'),
  }
  const signed = `${encode({ ...HEADER, alg: 'HS256' })}.${partsOf(known)[1]}`
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => [
      `HS256 under ${name}`,
      `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`,
    ]),
  )
}

/** Each signed as its header says, by a key of that kind, under the name of our key. */
function withOtherAlgorithms(known: Known): Forgeries {
  const keys: Record<string, KeyObject> = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    EdDSA: generateKeyPairSync('ed25519').privateKey,
    ES256K: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  }
  const all = Object.entries(keys).map(([alg, key]) => {
    const signed = `${encode({ ...HEADER, alg })}.${partsOf(known)[1]}`
    const options = alg === 'ES256K' ? { key, dsaEncoding: 'ieee-p1363' as const } : key
    const signature = sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(signed), options)
    return [alg, `${signed}.${signature.toString('base64url')}`]
  })
  const [, payload, signature] = partsOf(known)
  return {
    ...Object.fromEntries(all),
    none: `${encode({ ...HEADER, alg: 'none' })}.${payload}.`,
    'our signature, called RS256': `${encode({ ...HEADER, alg: 'RS256' })}.${payload}.${signature}`,
  }
}

async function withForeignKeys(known: Known): Promise<Forgeries> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const x5c = [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')]
  const { elsewhere } = known
  const headers: Record<string, object> = {
    'another key under our kid': { kid: 'test-key' },
    'unknown kid': { kid: 'other' },
    'no kid': {},
    'a key in the header': { jwk },
    'a key in the header, and our kid': { jwk, kid: 'test-key' },
    'a certificate in the header': { x5c, kid: 'test-key' },
    'a certificate, and no kid': { x5c },
    'the address of a key': { jku: `${elsewhere}/jwks`, kid: 'other' },
    'the address of a key, and our kid': { jku: `${elsewhere}/jwks`, kid: 'test-key' },
    'the address of a certificate': { x5u: `${elsewhere}/cert.pem`, kid: 'other' },
    'the address of a certificate, and our kid': { x5u: `${elsewhere}/cert.pem`, kid: 'test-key' },
    'an address as kid': { kid: `${elsewhere}/jwks` },
  }
  const signed = Object.entries(headers).map(async ([name, header]) => [
    name,
    await new SignJWT(claimsOf(known))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
      .sign(privateKey),
  ])
  return Object.fromEntries(await Promise.all(signed)) as Forgeries
}

async function inOtherForms(known: Known): Promise<Forgeries> {
  const [header, payload, signature] = partsOf(known)
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const encrypted = await new CompactEncrypt(Buffer.from(known.good))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'test-key', cty: 'at+jwt' })
    .encrypt(publicKey)
  return {
    'an encrypted token': encrypted,
    'five parts': `${known.good}.x.y`,
    'a token within a token': `${encode({ ...HEADER, cty: 'JWT' })}.${encode(known.good)}.${signature}`,
    'packed claims': `${encode({ ...HEADER, zip: 'DEF' })}.${deflateRawSync(Buffer.from(payload, 'base64url')).toString('base64url')}.${signature}`,
    'JSON, flat': JSON.stringify({ protected: header, payload, signature }),
    'JSON, in base64url': encode({ protected: header, payload, signature }),
    'JSON, general': JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    'claims exchanged': `${header}.${encode({ ...claimsOf(known), sub: 'dev:root' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function writtenOtherwise(known: Known): Forgeries {
  const [header, payload, signature] = partsOf(known)
  // 64 bytes are 86 characters: the last four bits of the last one say nothing.
  const last = ALPHABET.indexOf(signature.at(-1) ?? '')
  const otherBits = signature.slice(0, -1) + ALPHABET[last ^ 1]
  const inside = `${signature.slice(0, 9)}+${signature.slice(9)}`
  return {
    'other last bits, the same bytes': `${header}.${payload}.${otherBits}`,
    padding: `${known.good}=`,
    'padding twice': `${known.good}==`,
    'padding inside': `${header}=.${payload}.${signature}`,
    'a plus sign inside': `${header}.${payload}.${inside}`,
    'white space inside': `${header}.${payload}.\t${signature}`,
    'a dot at the end': `${known.good}.`,
    'nine thousand letters': 'x'.repeat(9000),
    'nine thousand dots': '.'.repeat(9000),
  }
}

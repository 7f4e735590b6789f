import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readPair } from '../../../certs/files.ts'
import { makePlaceholder } from '../../../certs/making.ts'
import { PairFault, toPair } from '../../../certs/pair.ts'

const NOW = Date.now()

function folderOf(t: ExecutionContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'certs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const faultOf = (read: () => unknown): string => {
  try {
    read()
    return ''
  } catch (error) {
    if (error instanceof PairFault) return error.message
    throw error
  }
}

test('names what is missing', (t) => {
  const empty = folderOf(t, {})
  t.regex(
    faultOf(() => readPair(empty)),
    /fullchain\.pem and \S+privkey\.pem are not there$/,
  )
  const half = folderOf(t, { 'tls.crt': '' })
  t.regex(
    faultOf(() => readPair(half)),
    /^\S+tls\.key is not there$/,
  )
  const folder = folderOf(t, { 'fullchain.pem': 'x' })
  mkdirSync(join(folder, 'privkey.pem'))
  t.regex(
    faultOf(() => readPair(folder)),
    /privkey\.pem cannot be read \(EISDIR\)$/,
  )
})

test('reads the files of an ACME client, and those of a mounted Secret', async (t) => {
  const { certificate, key } = await makePlaceholder(['a.example', '*.b.example'], NOW)
  for (const files of [
    { 'fullchain.pem': certificate, 'privkey.pem': key },
    { 'tls.crt': certificate, 'tls.key': key },
  ]) {
    const pair = readPair(folderOf(t, files))
    t.deepEqual(pair.names, ['a.example', '*.b.example'])
    t.true(pair.covers('x.b.example'))
    t.true(pair.covers('*.b.example'))
    t.false(pair.covers('b.example'))
    t.true(pair.notBefore < NOW && pair.notAfter > NOW)
  }
})

test('a pair is what was understood of the files, and nothing else that stands in them', async (t) => {
  const { certificate, key } = await makePlaceholder(['a.example'], NOW)
  const plain = toPair(certificate, key)
  const odd: [string, string, string][] = [
    ['a byte order mark before each', `\ufeff${certificate}`, `\ufeff${key}`],
    ['words on the line of the block', `certificate: ${certificate}`, key],
    ['lines of Windows', certificate.replaceAll('\n', '\r\n'), key.replaceAll('\n', '\r\n')],
    ['attributes', `Bag Attributes\n  friendlyName: x\n${certificate}`, `Key Attributes\n${key}`],
    ['the key beside the certificate', `${key}${certificate}`, `${key}${key}`],
  ]
  for (const [what, chain, secret] of odd) {
    const pair = toPair(chain, secret)
    t.is(pair.chain, plain.chain, what)
    t.is(pair.key.reveal(), plain.key.reveal(), what)
  }
  t.is(toPair(`${certificate}\n${certificate}`, key).chain, `${plain.chain}${plain.chain}`)
  t.regex(plain.chain, /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/)
  t.regex(plain.key.reveal(), /^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/)
})

test('what Envoy could not serve is refused in words, and the key is in none of them', async (t) => {
  const { certificate, key } = await makePlaceholder(['a.example'], NOW)
  const other = await makePlaceholder(['a.example'], NOW)
  const broken = certificate.replace(/MII.{8}/, 'MIIAAAAAAAA')
  const faults: [RegExp, string, string][] = [
    [/holds no PEM certificate/, 'hello', key],
    [/^the certificate file cannot be read/, broken, key],
    [/^the certificate file cannot be read/, `${certificate}${broken}`, key],
    [/is not whole: of 2 certificates in it 1 /, `${certificate}${certificate.slice(0, 60)}`, key],
    [/is not whole: of 1 certificates in it 0 /, certificate.slice(0, -40), key],
    [/holds no private key/, certificate, key.slice(0, 60)],
    [/do not belong together/, certificate, other.key],
  ]
  for (const [expected, chain, secret] of faults) {
    const fault = faultOf(() => toPair(chain, secret))
    t.regex(fault, expected)
    t.false(fault.includes('MI'))
  }
  t.is(JSON.stringify(toPair(certificate, key)).includes(key.slice(40, 60)), false)
})

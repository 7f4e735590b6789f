import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../lib/platform/clock.ts'
import { allowList } from '../../../lib/platform/outbound/allow-list.ts'
import { createDialThrough } from '../../../lib/platform/outbound/dial-through.ts'
import { createDial } from '../../../lib/platform/outbound/egress.ts'
import { createForwardProxy } from '../../../lib/platform/outbound/proxy/forward-proxy.ts'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { FetchFault } from '../../../services/fetchs/fetch-fault.ts'
import {
  createFetchPage,
  type FetchPagePorts,
  type PageRequest,
} from '../../../services/fetchs/fetch-page.ts'
import { MarkdownMaker } from '../../../services/fetchs/markdown.ts'
import { createAuthority } from '../../support/certificates.ts'
import { startDocumentServer } from '../../support/document-server.ts'
import { namesOf } from '../../support/forward-proxy.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const answers = new Map<string, Answer>()
const asked: { host: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
const server = createServer(async (request, response) => {
  const { url = '', headers } = request
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  asked.push({ host, url, headers, body: await text(request) })
  const answer = answers.get(`${host}${url}`) ?? answers.get(url)
  if (answer === undefined) response.writeHead(404).end('nothing here')
  else answer(request, response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
test.after.always(() => {
  server.close()
  server.closeAllConnections()
})

const { resolve } = namesOf({
  'a.test': [['127.0.0.1']],
  'b.test': [['127.0.0.1']],
  'robots.test': [['127.0.0.1']],
  'broken.test': [['127.0.0.1']],
  'private.test': [['10.0.0.7']],
})
const dial = createDial({ allowed: allowList(`127.0.0.1:${port}`), resolve })

const fetchPage = (
  url: string,
  request: Partial<PageRequest> = {},
  ports: Partial<FetchPagePorts> = {},
) =>
  createFetchPage({ dial, clock: systemClock, heedsRobots: true, ...ports })(
    {
      url,
      method: 'GET',
      headers: {},
      body: undefined,
      lengthMax: 100_000,
      userAgent: 'ModelContextProtocol/1.0',
      ...request,
    },
    AbortSignal.timeout(60_000),
  )

const at = (path: string, host = 'a.test') => `http://${host}:${port}${path}`
const send =
  (
    body: string | Buffer,
    type = 'text/html',
    headers: Record<string, string> = {},
    status = 200,
  ): Answer =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type, ...headers }).end(body)
const redirect = (location: string, status = 302) => send('', 'text/plain', { location }, status)

/** Resolves with what the caller reads. */
async function fails(t: ExecutionContext, work: Promise<unknown>): Promise<string> {
  const fault = await t.throwsAsync(work as Promise<never>, { instanceOf: FetchFault })
  return fault?.message
}

test('a page comes as Markdown with its title, its links whole', async (t) => {
  answers.set(
    '/page',
    send(
      `<html><head><title>A &amp; B</title><style>no</style></head><body><h2>Head</h2>
       <script>no()</script><svg><title>drawing</title></svg>
       <p>Some <b>bold</b> <a href="/x(1)">link</a>, <a href="javascript:no()">trap</a></p>
       <img src="i.png" alt="an [image]"><img src="data:image/png;base64,AAAA"></body></html>`,
    ),
  )
  const page = await fetchPage(at('/page'))
  t.is(page.title, 'A & B')
  t.is(page.status, 200)
  t.deepEqual(page.content, {
    type: 'text',
    text: [
      '# A & B',
      '## Head',
      `Some **bold** [link](http://a.test:${port}/x%281%29), trap`,
      `![an image ](http://a.test:${port}/i.png)`,
    ].join('\n\n'),
  })
})

for (const [name, pack] of [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
] as const) {
  test(`${name} is unpacked`, async (t) => {
    answers.set(`/${name}`, send(pack('{"a":1}'), 'application/json', { 'content-encoding': name }))
    t.deepEqual((await fetchPage(at(`/${name}`))).content, { type: 'text', text: '{"a":1}' })
  })
}

test('what unpacks without end is cut, and said to be', async (t) => {
  // Members of a gzip file follow one another (RFC 1952 section 2.2): three gigabytes in three megabytes.
  const member = gzipSync(Buffer.alloc(10 * 1024 * 1024, 'a'))
  const bomb = Buffer.concat(Array<Buffer>(300).fill(member))
  answers.set('/bomb', send(bomb, 'text/plain', { 'content-encoding': 'gzip' }))
  const before = process.memoryUsage().rss
  const page = await fetchPage(at('/bomb'), { lengthMax: 50 })
  t.true(page.isTruncated)
  t.deepEqual(page.content, { type: 'text', text: `${'a'.repeat(50)}\n\n... (truncated)` })
  // What is garbage already may still be counted.
  t.true(process.memoryUsage().rss - before < 1024 * 1024 * 1024)
})

test('an image comes as one, unless it is too large', async (t) => {
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47])
  answers.set('/image', send(bytes, 'image/png'))
  t.deepEqual((await fetchPage(at('/image'))).content, {
    type: 'image',
    data: bytes.toString('base64'),
    mimeType: 'image/png',
  })
  const message = await fails(t, fetchPage(at('/image'), { lengthMax: 3 }))
  t.regex(message, /image has 4 bytes: raise max_length/)
})

test('what is neither text nor image is named', async (t) => {
  answers.set('/pdf', send('%PDF', 'application/pdf'))
  t.regex(await fails(t, fetchPage(at('/pdf'))), /is application\/pdf, 4 bytes/)
})

test('a status that is no success is an error with the server’s words', async (t) => {
  answers.set('/gone', send('<p>It has <b>gone</b>.</p>', 'text/html', {}, 410))
  const message = await fails(t, fetchPage(at('/gone')))
  t.is(message, 'a.test answered 410.\n\nIt has **gone**.')
})

test('a POST carries its body and headers; a redirect to another origin gets neither', async (t) => {
  answers.set('/post', redirect(at('/landed', 'b.test')))
  answers.set('/landed', send('landed', 'text/plain'))
  const headers = { 'X-Key': 'secret', authorization: 'Bearer secret', Accept: 'text/plain' }
  const page = await fetchPage(at('/post'), { method: 'POST', body: 'hello', headers })
  t.is(page.url, at('/landed', 'b.test'))
  const first = asked.find(({ url }) => url === '/post')
  t.is(first?.body, 'hello')
  t.is(first?.headers['x-key'], 'secret')
  t.is(first?.headers['user-agent'], 'ModelContextProtocol/1.0')
  const second = asked.find(({ url }) => url === '/landed')
  t.is(second?.body, '')
  t.notRegex(JSON.stringify(second?.headers), /secret/)
  t.is(second?.headers.accept, 'text/plain')
})

for (const [what, target] of Object.entries({
  'an address of the cloud': 'http://169.254.169.254/latest/meta-data',
  'this machine': 'http://127.0.0.1:1/',
  'a name of a private network': 'http://private.test/',
  'an address in disguise': 'http://0x7f.1/',
  'a file': 'file:///etc/passwd',
  'user information': 'http://a:b@a.test/',
})) {
  test(`${what} is refused, asked for directly and by redirect`, async (t) => {
    const refused = /not on the public internet|Only http and https|has user information/
    t.regex(await fails(t, fetchPage(target)), refused)
    const path = `/to-${encodeURIComponent(what)}`
    answers.set(path, redirect(target))
    t.regex(await fails(t, fetchPage(at(path))), refused)
  })
}

test('redirects in circles end', async (t) => {
  answers.set('/circle', redirect('/circle', 307))
  t.regex(await fails(t, fetchPage(at('/circle'))), /More than 5 redirects/)
  t.is(asked.filter(({ url }) => url === '/circle').length, 6)
})

test('robots.txt is heeded, read once, and can be set aside', async (t) => {
  answers.set('robots.test/robots.txt', send('User-agent: *\nDisallow: /no', 'text/plain'))
  answers.set('/no', send('no', 'text/plain'))
  answers.set('/yes', send('yes', 'text/plain'))
  const time = { ms: Date.now() }
  const page = createFetchPage({ dial, clock: () => time.ms, heedsRobots: true })
  const request = {
    method: 'GET',
    headers: {},
    body: undefined,
    lengthMax: 9,
    userAgent: 'x',
  } as const
  const ask = (path: string) =>
    page({ url: at(path, 'robots.test'), ...request }, AbortSignal.timeout(60_000))
  t.regex(await fails(t, ask('/no')), /robots\.test asks programs in its robots/)
  t.is((await ask('/yes')).status, 200)
  const readings = (): number =>
    asked.filter(({ host, url }) => host === 'robots.test' && url === '/robots.txt').length
  t.is(readings(), 1)
  time.ms -= 86_400_000
  t.is((await ask('/yes')).status, 200)
  t.is(readings(), 2, 'the clock was ahead when it was read')
  const anyway = await fetchPage(at('/no', 'robots.test'), {}, { heedsRobots: false })
  t.is(anyway.status, 200)
})

test('a site whose robots.txt is broken has not said yes', async (t) => {
  answers.set('broken.test/robots.txt', send('', 'text/plain', {}, 503))
  const message = await fails(t, fetchPage(at('/yes', 'broken.test')))
  t.regex(message, /its robots\.txt is 503/)
})

test('a server that does not finish is given up', async (t) => {
  answers.set('/slow', (_request, response) => void response.writeHead(200).write('beginning'))
  const message = await fails(t, fetchPage(at('/slow'), {}, { deadlineMs: 300 }))
  t.is(message, 'a.test was not there whole within 0.3 s.')
})

test('nor is a page whole that ends with its connection, when the deadline has cut that', async (t) => {
  answers.set('/drips', ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nbeginning')
    const timer = setInterval(() => socket.write('.'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  const message = await fails(t, fetchPage(at('/drips'), {}, { deadlineMs: 300 }))
  t.is(message, 'a.test was not there whole within 0.3 s.')
})

test('a server that breaks off is told', async (t) => {
  answers.set('/breaks', (request) => void request.socket.destroy())
  const message = await fails(t, fetchPage(at('/breaks')))
  t.regex(message, /^a\.test broke off the conversation/)
})

/** Takes longer than anybody waits. */
const TANGLED = { html: '<div>'.repeat(400_000), url: 'http://a.test/' }

test('a page that is too tangled fails alone; the next one is there', async (t) => {
  const maker = new MarkdownMaker(3000)
  const { signal } = new AbortController()
  const tangled = maker.make(TANGLED, signal)
  const plain = maker.make({ html: '<p>plain</p>', url: at('/') }, signal)
  t.regex(await fails(t, tangled), /too large or too tangled/)
  t.is((await plain).markdown, 'plain')
})

test('pages that nobody waits for take nobody’s time', async (t) => {
  const maker = new MarkdownMaker(60_000)
  const leaving = new AbortController()
  const left = [TANGLED, TANGLED, TANGLED].map((page) => maker.make(page, leaving.signal))
  const plain = maker.make({ html: '<p>plain</p>', url: at('/') }, new AbortController().signal)
  leaving.abort(new Error('left'))
  for (const one of left) await t.throwsAsync(one, { message: 'left' })
  t.is((await plain).markdown, 'plain')
  await t.throwsAsync(maker.make(TANGLED, leaving.signal), { message: 'left' })
})

test('the queue for Markdown is bound by the deadline of who waits in it', async (t) => {
  answers.set('/tangled', send(TANGLED.html, 'text/html'))
  const page = createFetchPage({ dial, clock: systemClock, heedsRobots: false, deadlineMs: 1500 })
  const own = { method: 'GET', headers: {}, body: undefined, lengthMax: 9, userAgent: 'x' } as const
  const ask = () => page({ url: at('/tangled'), ...own }, new AbortController().signal)
  for (const message of await Promise.all([ask(), ask(), ask()].map((one) => fails(t, one)))) {
    t.is(message, 'a.test was not there whole within 1.5 s.')
  }
})

test('https is checked: the certificate has to be the host’s', async (t) => {
  const authority = createAuthority()
  setDefaultCACertificates([...getCACertificates('default'), authority.cert.toString()])
  const secured = await startDocumentServer(authority.issue(['a.test']))
  t.teardown(async () => {
    await secured.stop()
    authority.remove()
  })
  for (const host of ['a.test', 'b.test']) {
    secured.serve(`https://${host}:${secured.port}/secured`, send('secured', 'text/plain'))
  }
  const allowed = allowList(`127.0.0.1:${secured.port}`)
  const ports = { dial: createDial({ allowed, resolve }), heedsRobots: false }
  const page = await fetchPage(`https://a.test:${secured.port}/secured`, {}, ports)
  t.deepEqual(page.content, { type: 'text', text: 'secured' })
  const other = fetchPage(`https://b.test:${secured.port}/secured`, {}, ports)
  t.regex(await fails(t, other), /b\.test was not reached\. No secure connection/)
})

test('without a network it asks by the way out, and says the same of what that refuses', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'egress-'))
  const socket = join(folder, 'egress.sock')
  const egress = createForwardProxy({ dial })
  await listenOnSocket(egress, socket)
  t.teardown(() => {
    egress.close()
    egress.closeAllConnections()
    rmSync(folder, { recursive: true })
  })
  answers.set('/by-way-out', send('reached', 'text/plain'))
  const ports = { dial: createDialThrough(socket), heedsRobots: false }
  const page = await fetchPage(at('/by-way-out'), {}, ports)
  t.deepEqual(page.content, { type: 'text', text: 'reached' })
  for (const [url, refused] of [
    ['http://private.test/', /private\.test was not reached\. Its host is not on the public/],
    ['http://[::1]/', /not on the public internet/],
    ['http://unknown.test/', /Its host name was not found/],
    ['http://93.184.215.14:25/', /Its port is not one that web servers use/],
  ] as const) {
    t.regex(await fails(t, fetchPage(url, {}, ports)), refused)
  }
  const nobody = { dial: createDialThrough(join(folder, 'nobody.sock')), heedsRobots: false }
  t.regex(await fails(t, fetchPage(at('/'), {}, nobody)), /No secure connection|broke off/)
})

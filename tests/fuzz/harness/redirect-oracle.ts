/** Where an answer may go, judged by what a browser would make of it: another way than the product's. */

const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob'
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
/** Those that do something by themselves in one browser or another. */
const ACTIVE =
  'javascript data vbscript file blob about filesystem view-source ws wss ftp mailto intent'
/** What a client reads its answer from. */
const ANSWER = 'code state iss error error_description error_uri'

/** Why nobody may be sent there; undefined when they may. */
export function redirectDanger(uri: string): string | undefined {
  if (uri === OUT_OF_BAND) return undefined
  if ([...uri].some((one) => one <= ' ' || one >= '\x7f'))
    return 'characters that are none of a URI'
  if (/[#\\"<>^`{|}]/.test(uri)) return 'a fragment, or what parsers read in two ways'
  const url = URL.parse(uri)
  if (url === null) return 'no URL'
  if (url.username + url.password !== '' || /^[a-z]+:\/\/[^/?]*@/i.test(uri)) return 'userinfo'
  if (ACTIVE.split(' ').includes(url.protocol.slice(0, -1))) return 'a scheme that acts'
  if (ANSWER.split(' ').some((name) => url.searchParams.has(name))) return 'an answer of its own'
  return /^https?:$/.test(url.protocol) ? webDanger(uri, url) : undefined
}

function webDanger(uri: string, { protocol, hostname }: URL): string | undefined {
  // What is shown to a person is where a browser goes.
  const authority = uri.slice(uri.indexOf('//') + 2).split(/[/?]/, 1)[0]
  const shown = authority?.toLowerCase().replace(/:\d+$/, '')
  if (shown !== hostname || hostname === '') return 'another host than it looks like'
  if (protocol === 'http:' && !LOOPBACK.includes(hostname)) return 'http off this machine'
  const path = uri.split('?', 1)[0] ?? ''
  return /\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path) ? 'a path that browsers rewrite' : undefined
}

/** Whether `requested` is what was registered, but for the port of a loopback address (RFC 8252 section 7.3). */
export function isRegistered(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true
  const url = URL.parse(requested)
  if (url === null || url.protocol !== 'http:' || !LOOPBACK.includes(url.hostname)) return false
  const withoutPort = (text: string): string =>
    text.replace(/^(http:\/\/(?:\[::1\]|[^:/?]+)):\d+/, '$1')
  return registered.some(
    (one) => one.startsWith('http:') && withoutPort(one) === withoutPort(requested),
  )
}

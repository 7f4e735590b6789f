/** What holds for every input, however it was made: each is a target of tests/fuzz. */

import { MCP, type Requirement, RFC } from './requirement.ts'

export const FUZZING = {
  'fuzz-authorize': {
    source: `${RFC}/rfc6749#section-4.1.2.1`,
    behavior:
      'no authorization request is a fault of the server, leads where nobody registered, or gets a code unless it is whole',
  },
  'fuzz-pushed': {
    source: `${RFC}/rfc9126#section-2`,
    behavior: 'no pushed request is taken unless it is whole and its client is authenticated',
  },
  'fuzz-token': {
    source: `${RFC}/rfc6749#section-5.2`,
    behavior:
      'a token request of any grant is answered with tokens exactly if client and secret are the very ones',
  },
  'fuzz-token-state': {
    source: `${RFC}/rfc7662#section-2.2`,
    behavior: 'nothing but the very token is active, and nothing but it ends it',
  },
  'fuzz-register': {
    source: `${RFC}/rfc7591#section-3.2`,
    behavior: 'whatever registers, what is taken of it is harmless and no more than it said',
  },
  'fuzz-manage': {
    source: `${RFC}/rfc7592#section-2`,
    behavior: 'nobody reads, replaces or deletes a client without its very token',
  },
  'fuzz-device': {
    source: `${RFC}/rfc8628#section-3.1`,
    behavior: 'no device authorization is a fault of the server, or begins for another client',
  },
  'fuzz-pages': {
    source: `${RFC}/rfc9700#section-4.11`,
    behavior:
      'no page shows markup of a stranger or leads elsewhere, and no form without its proof does anything',
  },
  'fuzz-public-port': {
    source: `${RFC}/rfc9112#section-2.2`,
    behavior:
      'bytes at the public port are answered or hung up, and reach no service without a token',
  },
  'fuzz-messages': {
    source: MCP,
    behavior:
      'whatever two people post to one process, each is answered under its own ids and told nothing of the other',
  },
  'fuzz-authorization-headers': {
    source: `${RFC}/rfc6750#section-2.1`,
    behavior: 'an Authorization header opens a service exactly if it is the very token, once',
  },
  'fuzz-access-tokens': {
    source: `${RFC}/rfc9068#section-4`,
    behavior:
      'claims under our own signature are let in exactly if another library and RFC 9068 do',
  },
  'fuzz-check-messages': {
    source: `${RFC}/rfc9700#section-4.9`,
    behavior:
      'every question of Envoy’s, also a broken one, is answered, and only with a good token by yes',
  },
  'fuzz-client-documents': {
    source: 'https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/',
    behavior: 'a document that is accepted names its own address and harmless redirects alone',
  },
  'fuzz-fetched-documents': {
    source: 'https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/',
    behavior:
      'a document that is served in any bytes is shown or refused on a page, and leads nowhere',
  },
  'fuzz-redirects': {
    source: `${RFC}/rfc9700#section-4.1.3`,
    behavior: 'a redirect target that is allowed is what was registered, but for a loopback port',
  },
  'fuzz-frames': {
    source: `${MCP}/transports`,
    behavior:
      'what a child writes is the same lines however it is cut, and a line too long costs no other',
  },
  'fuzz-packets': {
    source: `${RFC}/rfc9112#section-11`,
    behavior: 'what a runner says is the same packets however it is cut',
  },
  'fuzz-numbers': {
    source: `${RFC}/rfc8259#section-6`,
    behavior: 'numbers of a message leave in the very digits in which they came',
  },
  'fuzz-remote-streams': {
    source: 'https://html.spec.whatwg.org/multipage/server-sent-events.html',
    behavior:
      'event streams of remote servers are read as the specification says, however they are cut',
  },
  'fuzz-native-streams': {
    source: 'https://html.spec.whatwg.org/multipage/server-sent-events.html',
    behavior: 'event streams of native servers pass through with their very events',
  },
  'fuzz-remote-answers': {
    source: `${RFC}/rfc9112#section-11`,
    behavior:
      'a server elsewhere that answers with any bytes ends its call, once, and nothing else',
  },
  'fuzz-gateway-file': {
    source: 'https://yaml.org/spec/1.2.2/',
    behavior: 'every fault of gateway.yaml is told in words, with its place',
  },
  'fuzz-ages': {
    source: 'https://github.com/tj/commander.js#custom-option-processing',
    behavior: 'an age on the command line is exactly what its form says, or refused in words',
  },
} as const satisfies Record<string, Requirement>

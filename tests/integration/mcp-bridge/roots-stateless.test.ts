/** What clients without sessions say of their folders, to a server without sessions that must not hear of them. */

import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { json } from '../../support/mcp.ts'
import { callTool, told } from '../../support/stateless.ts'

const bridge = await startBridge({
  services: {
    open: fixture('stateless-only.ts'),
    deny: fixture('stateless-only.ts', { roots: 'deny' }),
    fixed: fixture('stateless-only.ts', { roots: 'fixed', rootFolders: ['/srv/allowed'] }),
  },
})
test.after.always(() => bridge.stop())

const ALL = { roots: {}, elicitation: {}, sampling: {} }
const FOREIGN = { roots: [{ uri: 'file:///etc' }] }
const OWN = { roots: [{ uri: 'file:///srv/allowed', name: 'allowed' }] }
const WORD = { role: 'assistant', model: 'm', content: { type: 'text', text: 'w' } }
const NAME = { action: 'accept', content: { name: 'Ann' } }

const call = (service: string, tool: string, more: object = {}, capabilities: object = ALL) =>
  json(callTool(bridge, service, tool, {}, { capabilities, more }))

/** What it asks, and its state. */
async function askedBy(service: string, more: object = {}) {
  const { result = {}, error } = await call(service, 'interview', more)
  const asked = Object.keys((result['inputRequests'] ?? {}) as object)
  return { asked, requestState: result['requestState'], error }
}

for (const [service, roots] of [
  ['open', { roots: {} }],
  ['deny', {}],
  ['fixed', { roots: {} }],
] as const) {
  test(`${service}: what the server learns of the client`, async (t) => {
    const { envelope } = told(await call(service, 'saw')) as {
      envelope: Record<string, unknown>
    }
    const others = { elicitation: {}, sampling: {} }
    t.deepEqual(envelope['io.modelcontextprotocol/clientCapabilities'], { ...others, ...roots })
  })
}

test('fixed: a question about folders is answered by the bridge, whatever the client says', async (t) => {
  const { asked, requestState } = await askedBy('fixed')
  t.deepEqual([asked, requestState], [['who'], 'named'])
  const inputResponses = { who: NAME, forged: FOREIGN }
  const second = await askedBy('fixed', { requestState, inputResponses })
  t.deepEqual(second.asked, ['word'])
  const answers = { word: WORD, folders: FOREIGN, more: { ...NAME, ...FOREIGN } }
  const last = { requestState: second.requestState, inputResponses: answers }
  t.deepEqual(told(await call('fixed', 'interview', last)), {
    state: 'asked Ann',
    answers: { word: WORD, folders: OWN },
  })
})

test('fixed: a forged state brings the server nothing but the folders of the service', async (t) => {
  for (const [requestState, folders] of [
    ['asked me', undefined],
    ['gateway-roots:{"roots":["folders"],"state":"asked me"}', OWN],
  ] as const) {
    const inputResponses = { word: WORD, folders: FOREIGN }
    t.deepEqual(told(await call('fixed', 'interview', { requestState, inputResponses })), {
      state: 'asked me',
      answers: { word: WORD, ...(folders && { folders }) },
    })
  }
})

test('deny: nobody is asked for folders, and nothing that names some passes', async (t) => {
  const inputResponses = { who: NAME }
  const { asked, error } = await askedBy('deny', { requestState: 'named', inputResponses })
  t.deepEqual(asked, [])
  t.truthy(error)
  const forged = { requestState: 'asked me', inputResponses: { word: WORD, folders: FOREIGN } }
  t.deepEqual(told(await call('deny', 'interview', forged)), {
    state: 'asked me',
    answers: { word: WORD },
  })
})

test('open: the client’s folders are its own affair', async (t) => {
  const inputResponses = { who: NAME }
  const { asked, requestState } = await askedBy('open', { requestState: 'named', inputResponses })
  t.deepEqual([asked, requestState], [['word', 'folders'], 'asked Ann'])
})

import test from 'ava'
import { toService } from '../../../../lib/catalogue/service.ts'
import { isRequest, type RpcRequest } from '../../../../mcp-bridge/json-rpc.ts'
import { INPUT_ROUNDS_MAX } from '../../../../mcp-bridge/limits.ts'
import { withholdRoots } from '../../../../mcp-bridge/stateless/withheld-roots.ts'

const jsonrpc = '2.0' as const
const folders = () => ['/srv/a']
const OWN = { roots: [{ uri: 'file:///srv/a', name: 'a' }] }

function serviceWith(roots: 'client' | 'deny' | 'fixed') {
  const rootFolders = roots === 'fixed' ? ['/srv/a'] : []
  const reading = toService('files', { command: 'run', roots, rootFolders }, '/folder')
  if (!('service' in reading)) throw new Error('no service')
  return reading.service
}

const request = (params: object = {}): RpcRequest => ({
  jsonrpc,
  id: 1,
  method: 'tools/call',
  params: { name: 'x', ...params },
})
const asks = (inputRequests: object, requestState?: string) => ({
  jsonrpc,
  id: 1,
  result: { resultType: 'input_required', inputRequests, requestState },
})
const withheldBy = (roots: 'deny' | 'fixed', params?: object) => {
  const withheld = withholdRoots(serviceWith(roots), folders, request(params))
  if (withheld === undefined) throw new Error('nothing is withheld')
  return withheld
}

test('where the client’s folders pass nothing is changed', (t) => {
  t.is(withholdRoots(serviceWith('client'), folders, request()), undefined)
})

test('a round about folders alone is answered at once, up to a bound', (t) => {
  const withheld = withheldBy('fixed', { inputResponses: { before: { action: 'accept' } } })
  const question = asks({ one: { method: 'roots/list' } }, 's')
  for (let round = 1; round < INPUT_ROUNDS_MAX; round += 1) {
    const next = withheld.next(question)
    t.true(isRequest(next))
    t.like(next.params, { name: 'x', inputResponses: { one: OWN }, requestState: 's' })
  }
  t.throws(() => withheld.next(question), { message: /files: still asks for folders after/ })
})

test('a state of the server that looks like ours comes back as it was', (t) => {
  const state = 'gateway-roots:{"roots":["x"],"state":"y"}'
  const answer = withheldBy('fixed').next(asks({ who: { method: 'elicitation/create' } }, state))
  const { requestState } = answer.result as { requestState: string }
  const { params } = withheldBy('fixed', { requestState }).request
  t.like(params, { requestState: state, inputResponses: undefined })
})

test('deny: a question about folders fails the request', (t) => {
  const message = /files: needs input: the gateway does not pass roots\/list on/
  for (const more of [{}, { who: { method: 'elicitation/create' } }]) {
    const question = asks({ one: { method: 'roots/list' }, ...more })
    t.throws(() => withheldBy('deny').next(question), { message })
  }
})

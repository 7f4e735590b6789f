import test from 'ava'
import { toService } from '../../../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../../../lib/catalogue/service-definition.ts'
import type { RpcRequest } from '../../../../mcp-bridge/json-rpc.ts'
import {
  answerRoots,
  isKeptFromServer,
  withAllowedRoots,
} from '../../../../mcp-bridge/runner/roots.ts'

const jsonrpc = '2.0' as const

function serviceWith(roots: 'client' | 'deny' | 'fixed') {
  const rootFolders = roots === 'fixed' ? ['/data'] : []
  const reading = toService('files', { command: 'run', roots, rootFolders }, '/folder')
  if (!('service' in reading)) throw new Error('no service')
  return reading.service
}

const initialize = (params: unknown): RpcRequest => ({
  jsonrpc,
  id: 1,
  method: 'initialize',
  params,
})
const list: RpcRequest = { jsonrpc, id: 'r', method: 'roots/list' }
const folders = () => ['/data/my files', '/tmp/#1']

for (const [roots, capabilities] of [
  ['client', { roots: { listChanged: true }, sampling: {} }],
  ['deny', { sampling: {} }],
  ['fixed', { sampling: {}, roots: {} }],
] as const) {
  test(`${roots}: what the server learns of the client`, (t) => {
    const given = {
      protocolVersion: 'x',
      capabilities: { roots: { listChanged: true }, sampling: {} },
    }
    t.deepEqual(withAllowedRoots(serviceWith(roots), initialize(given)).params, {
      protocolVersion: 'x',
      capabilities,
    })
  })

  test(`${roots}: a change of the client's folders ${roots === 'client' ? 'passes' : 'stops here'}`, (t) => {
    const changed = { jsonrpc, method: 'notifications/roots/list_changed' }
    t.is(isKeptFromServer(serviceWith(roots), changed), roots !== 'client')
    t.false(isKeptFromServer(serviceWith(roots), { jsonrpc, method: 'notifications/other' }))
  })
}

test('fixed: a client that has no capabilities has these', (t) => {
  const fixed = serviceWith('fixed')
  t.deepEqual(withAllowedRoots(fixed, initialize({})).params, { capabilities: { roots: {} } })
  t.deepEqual(withAllowedRoots(fixed, initialize({ capabilities: [] })).params, {
    capabilities: { roots: {} },
  })
})

test('the bridge answers for the client, or leaves it to the client', (t) => {
  t.is(answerRoots(serviceWith('client'), list, folders), undefined)
  t.like(answerRoots(serviceWith('deny'), list, folders), { id: 'r', error: { code: -32601 } })
  t.deepEqual(answerRoots(serviceWith('fixed'), list, folders), {
    jsonrpc,
    id: 'r',
    result: {
      roots: [
        { uri: 'file:///data/my%20files', name: 'my files' },
        { uri: 'file:///tmp/%231', name: '#1' },
      ],
    },
  })
  t.is(answerRoots(serviceWith('deny'), { ...list, method: 'ping' }, folders), undefined)
})

test('fixed roots and their folders need each other', (t) => {
  const faults = ['files: roots: fixed and rootFolders need each other']
  const alone: ServiceDefinition[] = [{ roots: 'fixed' }, { rootFolders: ['a'] }]
  for (const definition of alone) {
    t.deepEqual(toService('files', { command: 'run', ...definition }, '/folder'), { faults })
  }
})

test('a relative folder is meant from the file it stands in', (t) => {
  const rootFolders = ['a/b', '${data}/x', '/c']
  const reading = toService('files', { command: 'run', roots: 'fixed', rootFolders }, '/folder')
  t.like(reading, { service: { rootFolders: ['/folder/a/b', '${data}/x', '/c'] } })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import test from 'ava'
import { createMethods, createServer } from '../../../ext-authz/server.ts'
import { createLog } from '../../../lib/platform/log.ts'

const folder = mkdtempSync(join(tmpdir(), 'reflection-'))
const socket = join(folder, 'a.sock')
const methods = createMethods({ check: (message) => message, isServing: () => true })
const server = await createServer('fast', methods, createLog('test', 'error'))
await server.listen(socket)

const definition = loadSync('grpc/reflection/v1/reflection.proto', {
  includeDirs: [join(import.meta.dirname, '../../../proto')],
  oneofs: true,
})
type Packages = { grpc: { reflection: { v1: { ServerReflection: ServiceClientConstructor } } } }
const { ServerReflection } = (loadPackageDefinition(definition) as unknown as Packages).grpc
  .reflection.v1
const client = new ServerReflection(`unix:${socket}`, credentials.createInsecure())

test.after.always(async () => {
  client.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly messageResponse: string
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] }
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] }
}

/** What grpcurl asks, one question a stream. */
function ask(question: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const stream = client.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    ServerReflection.service['ServerReflectionInfo']?.requestSerialize ?? (() => Buffer.alloc(0)),
    ServerReflection.service['ServerReflectionInfo']?.responseDeserialize ?? ((bytes) => bytes),
  )
  stream.on('data', (answer: Answer) => {
    resolve(answer)
    stream.end()
  })
  stream.on('error', reject)
  stream.write(question)
  return promise
}

test('names its services', async (t) => {
  const { listServicesResponse } = await ask({ listServices: '' })
  const names = listServicesResponse?.service.map(({ name }) => name)
  t.deepEqual(names, ['envoy.service.auth.v3.Authorization', 'grpc.health.v1.Health'])
})

for (const symbol of [
  'envoy.service.auth.v3.Authorization',
  'envoy.service.auth.v3.Authorization.Check',
  'envoy.service.auth.v3.CheckRequest',
]) {
  test(`describes ${symbol} with every file it needs`, async (t) => {
    const { fileDescriptorResponse } = await ask({ fileContainingSymbol: symbol })
    const files = fileDescriptorResponse?.fileDescriptorProto.map(String).join('\n') ?? ''
    for (const name of ['external_auth.proto', 'attribute_context.proto', 'status.proto']) {
      t.true(files.includes(name), name)
    }
  })
}

test('says that it does not know a foreign symbol', async (t) => {
  t.is((await ask({ fileContainingSymbol: 'nope.Nope' })).messageResponse, 'errorResponse')
})

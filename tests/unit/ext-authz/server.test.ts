import test from 'ava'
import { createMethods } from '../../../ext-authz/server.ts'

const NOTHING = Buffer.alloc(0)

test('offers the names that Envoy and grpcurl ask by, and no others', (t) => {
  const { unary, streaming } = createMethods({ check: (bytes) => bytes, isServing: () => true })
  t.deepEqual(
    [...unary.keys()],
    ['/envoy.service.auth.v3.Authorization/Check', '/grpc.health.v1.Health/Check'],
  )
  t.deepEqual(
    [...streaming.keys()],
    [
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    ],
  )
})

test('health is what it is at the moment of the question', (t) => {
  let isServing = false
  const { unary } = createMethods({ check: (bytes) => bytes, isServing: () => isServing })
  const health = unary.get('/grpc.health.v1.Health/Check')
  t.deepEqual(health?.(NOTHING), Buffer.from([0x08, 2]), 'NOT_SERVING')
  isServing = true
  t.deepEqual(health?.(NOTHING), Buffer.from([0x08, 1]), 'SERVING')
})

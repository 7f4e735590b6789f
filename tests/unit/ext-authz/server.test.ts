import test from 'ava'
import { createMethods } from '../../../ext-authz/server.ts'
import { CallFault, STATUS } from '../../../ext-authz/transport/status.ts'
import { HealthCheckRequest } from '../../../proto/gen/grpc/health/v1/health.ts'

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

test('health of a service is told by its name, and of no other', (t) => {
  const { unary } = createMethods({ check: (bytes) => bytes, isServing: () => true })
  const health = (service: string) =>
    unary.get('/grpc.health.v1.Health/Check')?.(
      Buffer.from(HealthCheckRequest.encode({ service }).finish()),
    )
  for (const name of ['', 'envoy.service.auth.v3.Authorization', 'grpc.health.v1.Health']) {
    t.deepEqual(health(name), Buffer.from([0x08, 1]), name)
  }
  for (const name of ['other', 'envoy.service.auth.v3', 'Authorization']) {
    const fault = t.throws(() => health(name), { instanceOf: CallFault }, name)
    t.is(fault?.status, STATUS.notFound)
  }
})

/** gRPC server reflection for grpcurl: answers from the descriptors that buf built. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader'

const PROTO = join(import.meta.dirname, '../proto')
const SERVICES = ['envoy.service.auth.v3.Authorization', 'grpc.health.v1.Health']
const NOT_FOUND = 5

interface ReflectionRequest {
  readonly listServices?: string
  readonly fileContainingSymbol?: string
  readonly fileByFilename?: string
}

type ReflectionStream = ServerDuplexStream<ReflectionRequest, object>

export interface Reflection {
  readonly definition: ServiceDefinition
  readonly implementation: { ServerReflectionInfo(stream: ReflectionStream): void }
}

/** Every look-up is answered with the whole set: it has ten files. */
export function createReflection(): Reflection {
  const descriptors = readFileSync(join(PROTO, 'gen/descriptors.binpb'))
  const files = splitDescriptorSet(descriptors)
  const known = loadFileDescriptorSetFromBuffer(descriptors)
  const answer = ({
    listServices,
    fileContainingSymbol,
    fileByFilename,
  }: ReflectionRequest): object => {
    if (listServices !== undefined) {
      return { listServicesResponse: { service: SERVICES.map((name) => ({ name })) } }
    }
    if (fileByFilename !== undefined || isKnown(fileContainingSymbol ?? '', known)) {
      return { fileDescriptorResponse: { fileDescriptorProto: files } }
    }
    return { errorResponse: { errorCode: NOT_FOUND, errorMessage: 'symbol not found' } }
  }
  const loaded = loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [PROTO] })
  return {
    definition: loaded['grpc.reflection.v1.ServerReflection'] as ServiceDefinition,
    implementation: {
      ServerReflectionInfo(stream) {
        stream.on('data', (request) => stream.write(answer(request)))
        stream.on('end', () => stream.end())
      },
    },
  }
}

/** A symbol is known as itself or as a method of a service of ours. */
function isKnown(symbol: string, known: object): boolean {
  const owner = symbol.slice(0, symbol.lastIndexOf('.'))
  return symbol in known || owner in known
}

/** A FileDescriptorSet is nothing but `repeated FileDescriptorProto file = 1`. */
function splitDescriptorSet(bytes: Buffer): Buffer[] {
  const files: Buffer[] = []
  let offset = 0
  while (offset < bytes.length) {
    const { value: length, next } = readVarint(bytes, offset + 1)
    files.push(bytes.subarray(next, next + length))
    offset = next + length
  }
  return files
}

function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0
  let shift = 0
  let next = start
  for (;;) {
    const byte = bytes.readUInt8(next)
    next += 1
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value, next }
    shift += 7
  }
}

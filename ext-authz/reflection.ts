/** gRPC server reflection for grpcurl: answers from the descriptors that buf built. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MethodDefinition } from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader'
import { SERVICES } from './services.ts'
import type { StreamingMethod } from './transport/transport.ts'

const PROTO = join(import.meta.dirname, '../proto')
const NOT_FOUND = 5

interface ReflectionRequest {
  readonly listServices?: string
  readonly fileContainingSymbol?: string
  readonly fileByFilename?: string
}

/** Every look-up is answered with the whole set: it has ten files. */
export function createReflection(): StreamingMethod {
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
  const { requestDeserialize, responseSerialize } = loadMessages()
  return (message) => {
    const request = requestDeserialize(message)
    return responseSerialize({ originalRequest: request, ...answer(request) })
  }
}

function loadMessages(): MethodDefinition<ReflectionRequest, object> {
  const loaded = loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [PROTO] })
  const service = loaded['grpc.reflection.v1.ServerReflection'] as Record<string, unknown>
  return service['ServerReflectionInfo'] as MethodDefinition<ReflectionRequest, object>
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

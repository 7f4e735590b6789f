/** What was measured with what, and where. */

import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

const MODULES = join(import.meta.dirname, '../../node_modules')

function versionOf(name: string): string {
  const file = readFileSync(join(MODULES, name, 'package.json'), 'utf8')
  return `${name} ${(JSON.parse(file) as { version: string }).version}`
}

export function describeMachine(): string {
  const [processor] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores ${processor?.model.trim()}, ${gigabytes} GB, Linux ${release()}`
}

export function describeVersions(programs: { envoy: string; valkey: string }): string {
  const packages = ['@grpc/grpc-js', '@grpc/proto-loader', 'jose', 'ioredis'].map(versionOf)
  const versions = [
    `Node ${process.version}`,
    `Envoy ${programs.envoy}`,
    `Valkey ${programs.valkey}`,
  ]
  return [...versions, ...packages].join(', ')
}

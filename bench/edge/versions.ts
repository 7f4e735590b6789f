/** What was measured with what, and where. */

import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Versions } from '../output.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')

export function versionOf(name: string): string {
  const file = readFileSync(join(MODULES, name, 'package.json'), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

export function describeMachine(): string {
  const [processor] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores ${processor?.model.trim()}, ${gigabytes} GB, Linux ${release()}`
}

/** The textbook's service is made of the packages. */
const PACKAGES = ['@grpc/grpc-js', '@grpc/proto-loader', 'jose', 'ioredis']

export function versionsOf(programs: { envoy: string; valkey: string }): Versions {
  return {
    Node: process.version.slice(1),
    Envoy: programs.envoy,
    Valkey: programs.valkey,
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  }
}

export function describeVersions(versions: Versions): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

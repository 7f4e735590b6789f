/** Packages of one line for pip and npm to install, from files alone: no registry is asked. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { toolPath } from './tool-path.ts'

const WHEEL = 'tiny_server-1.0-py3-none-any.whl'
const INFO = 'tiny_server-1.0.dist-info'

/** A wheel is a ZIP archive; Python writes one. */
const WRITE_ARCHIVE = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    for name, content in json.loads(sys.argv[2]).items():
        archive.writestr(name, content)
`

export interface TinyPackage {
  /** Folder with the files that pin it. */
  readonly pins: string
  /** What lets the installer find it. */
  readonly environment: Readonly<Record<string, string>>
}

/** The Python package tiny-server, whose program prints "tiny" and where its Python has it from. */
export function makeTinyWheel(folder: string): TinyPackage {
  const pins = join(folder, 'python')
  const wheels = join(folder, 'wheels')
  for (const path of [pins, wheels]) mkdirSync(path, { recursive: true })
  const files = {
    'tiny_server.py': 'import sys\n\ndef main():\n    print("tiny", sys.prefix)\n',
    [`${INFO}/METADATA`]: 'Metadata-Version: 2.1\nName: tiny-server\nVersion: 1.0\n',
    [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${INFO}/entry_points.txt`]: '[console_scripts]\ntiny-server = tiny_server:main\n',
  }
  const record = [...Object.keys(files), `${INFO}/RECORD`].map((name) => `${name},,\n`).join('')
  const all = JSON.stringify({ ...files, [`${INFO}/RECORD`]: record })
  const wheel = join(wheels, WHEEL)
  execFileSync(toolPath('python') ?? 'python3', ['-c', WRITE_ARCHIVE, wheel, all])
  const hash = createHash('sha256').update(readFileSync(wheel)).digest('hex')
  writeFileSync(join(pins, 'requirements.txt'), `tiny-server==1.0 --hash=sha256:${hash}\n`)
  return { pins, environment: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels } }
}

export interface TinyTarball extends TinyPackage {
  /** Serves another package under the same name and version. */
  replace(): void
}

const REGISTRY_PATH = '/tiny-server/-/tiny-server-1.0.0.tgz'

/**
 * The npm package tiny-server, whose program prints "tiny"; its install script would leave a file. It is
 * served by a registry that knows no other.
 */
export async function makeTinyTarball(folder: string): Promise<TinyTarball> {
  const tarball = packTiny(folder, 'tiny')
  let served = tarball
  const server = createServer(({ url }, response) => {
    if (url === REGISTRY_PATH) response.end(served)
    else response.writeHead(404).end()
  }).unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const pins = join(folder, 'npm')
  mkdirSync(pins)
  writePins(pins, {
    version: '1.0.0',
    resolved: `http://127.0.0.1:${port}${REGISTRY_PATH}`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    bin: { 'tiny-server': 'main.js' },
    hasInstallScript: true,
  })
  return {
    pins,
    environment: {
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_fetch_retries: '0',
    },
    replace() {
      served = packTiny(folder, 'another')
    },
  }
}

function packTiny(folder: string, word: string): Buffer {
  const source = join(folder, word)
  mkdirSync(source)
  writeFileSync(join(source, 'main.js'), `console.log(${JSON.stringify(word)})\n`)
  const manifest = {
    name: 'tiny-server',
    version: '1.0.0',
    bin: { 'tiny-server': 'main.js' },
    scripts: { install: "node -e \"fs.writeFileSync('ran', '')\"" },
  }
  writeFileSync(join(source, 'package.json'), JSON.stringify(manifest))
  execFileSync('npm', ['pack', '--silent'], { cwd: source, stdio: 'ignore' })
  return readFileSync(join(source, 'tiny-server-1.0.0.tgz'))
}

function writePins(folder: string, entry: object): void {
  const pins = { name: 'pins', private: true, dependencies: { 'tiny-server': '1.0.0' } }
  const packages = { '': pins, 'node_modules/tiny-server': entry }
  const lock = { name: pins.name, lockfileVersion: 3, requires: true, packages }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(pins))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
}

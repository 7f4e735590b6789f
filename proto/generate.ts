/**
 * Generates `proto/gen`: messages for the rooms, descriptors for reflection.
 *
 * `--check` generates beside it and fails when the committed files differ.
 */

import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const GENERATED = 'proto/gen'

function generateInto(folder: string): void {
  const buf = (...args: string[]): void => {
    execFileSync(join(ROOT, 'node_modules/.bin/buf'), args, { cwd: ROOT, stdio: 'inherit' })
  }
  buf('generate', '--output', folder)
  buf('build', '--exclude-source-info', '-o', join(folder, GENERATED, 'descriptors.binpb'))
}

function contents(folder: string): Map<string, string> {
  const files = globSync('**/*.{ts,binpb}', { cwd: folder }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'base64')]))
}

function differences(expected: Map<string, string>, found: Map<string, string>): string[] {
  const names = new Set([...expected.keys(), ...found.keys()])
  return [...names].filter((name) => expected.get(name) !== found.get(name))
}

function check(): void {
  const folder = mkdtempSync(join(tmpdir(), 'proto-gen-'))
  try {
    generateInto(folder)
    const stale = differences(contents(join(folder, GENERATED)), contents(join(ROOT, GENERATED)))
    if (stale.length === 0) return
    console.error(`${GENERATED} is stale, run npm run proto: ${stale.join(', ')}`)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv.includes('--check')) check()
else generateInto(ROOT)

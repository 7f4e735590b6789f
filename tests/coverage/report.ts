/** From ranges to lines, branches and functions of each file, and to pages that show them. */

import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FunctionCov, ScriptCov } from '@bcoe/v8-coverage'
import { CoverageReport } from 'monocart-coverage-reports'
import type { Shares } from './rooms.ts'

/** Writes HTML into `folder`; a file that no process loaded counts with nothing of it run. */
export async function writeReport(
  files: readonly string[],
  merged: ReadonlyMap<string, ScriptCov>,
  { folder, root }: { readonly folder: string; readonly root: string },
): Promise<ReadonlyMap<string, Shares>> {
  const report = new CoverageReport({
    name: 'What ran in the processes of the gateway',
    outputDir: folder,
    baseDir: root,
    reports: ['v8'],
    logging: 'error',
    cleanCache: true,
  })
  await report.add(files.map((path) => toEntry(path, root, merged.get(path))))
  const results = await report.generate()
  if (results === undefined) throw new Error('nothing was measured')
  return new Map(
    results.files.map(({ sourcePath, summary }) => [
      sourcePath,
      { lines: summary.lines, branches: summary.branches, functions: summary.functions },
    ]),
  )
}

/** Node blanks types out: places in what it runs are places in the file. */
function toEntry(path: string, root: string, script: ScriptCov | undefined) {
  const text = readFileSync(join(root, path), 'utf8')
  const source = path.endsWith('.ts') ? stripTypeScriptTypes(text) : text
  return {
    url: pathToFileURL(join(root, path)).href,
    source,
    scriptId: path,
    functions: script?.functions ?? [neverCalled(source.length)],
  }
}

/** A file that nobody loaded, as V8 would tell of it. */
function neverCalled(length: number): FunctionCov {
  const ranges = [{ startOffset: 0, endOffset: length, count: 0 }]
  return { functionName: '', isBlockCoverage: true, ranges }
}

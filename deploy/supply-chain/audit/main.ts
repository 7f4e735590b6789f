/** `npm run audit`: known faults of everything that runs. */

import { lockFiles, ROOT, requirementFiles, wheelFiles } from '../locked.ts'
import { conclude } from './conclusion.ts'
import { readExceptions } from './exceptions.ts'
import { auditNpm } from './npm.ts'
import { auditPython } from './python.ts'

const ask = { cwd: ROOT, env: process.env }
const answers = []
for (const file of lockFiles()) answers.push(await auditNpm(file, ask))
for (const file of [...requirementFiles(), ...wheelFiles()])
  answers.push(await auditPython(file, ask))
const today = new Date().toISOString().slice(0, 10)
const { lines, exitCode } = conclude(answers, readExceptions(), today)
for (const line of lines) console.log(line)
process.exitCode = exitCode

// Makes node_modules what package-lock.json says, and does nothing when it is so already.
//
// Plain JavaScript for Node 20 without dependencies: it runs before anything is installed, in
// `prestart`, `pretest` and `precheck`. Never `npm ci`: that deletes node_modules under a gateway
// that runs, and refuses a lock that lacks other platforms' builds.

import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_MAJOR_MIN = 24
/** Scripts of those who operate a gateway: it may have been installed without what develops it, and run meanwhile. */
const WITHOUT_TOOLS = ['prestart', 'pregateway']
const POLL_MS = 200
const PROGRESS_LINE_MS = 5000
/** A lock that nobody has written into for so long is nobody's. */
const EMPTY_MS_MAX = 5000

/** A failure a person can do something about: one sentence, no stack. */
export class Refusal extends Error {}

/**
 * What is missing in `root`, in words, or undefined when nothing is.
 * @param {string} root
 * @param {{ development: boolean }} options whether tools for developing count
 * @returns {string | undefined}
 */
export function findMissing(root, { development }) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages
  if (wanted === undefined) throw new Refusal(`${root} has no package-lock.json: clone it again.`)
  const modules = join(root, 'node_modules')
  if (!existsSync(modules)) return 'node_modules is absent'
  // npm writes this one last: an interrupted install has none, or that of the install before.
  const present = readJson(join(modules, '.package-lock.json'))?.packages
  if (present === undefined) return 'node_modules is not complete'
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional || (entry.dev && !development)) continue
    if (present[path]?.version !== entry.version) return `${path} is not ${entry.version}`
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is absent`
  }
  return undefined
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // Absent or cut off: both mean that it cannot be relied on.
    return undefined
  }
}

/**
 * Runs `action` while no other process does so; `waiting` is called once if another one is at it.
 * @template T
 * @param {string} path
 * @param {() => void} waiting
 * @param {() => Promise<T>} action
 * @param {AbortSignal} [signal] ends the waiting
 * @returns {Promise<T>}
 * @throws {Refusal} where the lock cannot be written
 */
export async function underLock(path, waiting, action, signal) {
  let told = false
  while (!takeLock(path)) {
    if (!told) waiting()
    told = true
    await sleep(POLL_MS)
    signal?.throwIfAborted()
  }
  try {
    return await action()
  } finally {
    rmSync(path, { force: true })
  }
}

/** A link fails when the name exists, and what it leads to is written: no reader meets a lock without a holder. */
function takeLock(path) {
  if (existsSync(path)) {
    if (isHeld(path)) return false
    removeStale(path)
  }
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, String(process.pid))
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw explainWriting(dirname(path), error)
  } finally {
    rmSync(draft, { force: true })
  }
}

function isHeld(path) {
  try {
    const text = readFileSync(path, 'utf8')
    // Of a full disk, a power cut, or a release that wrote it in two steps, and then is at the second.
    if (text === '') return Math.abs(Date.now() - statSync(path).mtimeMs) < EMPTY_MS_MAX
    const pid = Number(text)
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Moved aside first: whoever else saw the stale lock must not remove a new one. */
function removeStale(path) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    if (isHeld(aside)) linkSync(aside, path)
  } catch {
    // Somebody else was faster, which serves as well.
  }
  rmSync(aside, { force: true })
}

/**
 * The sentence for a failed `npm install`.
 * @param {string} root
 * @param {string} errors what npm wrote to stderr
 */
export function explainFailure(root, errors) {
  if (/\b(EACCES|EPERM|EROFS)\b/.test(errors)) return noWritePermission(root)
  if (/\b(ENOSPC|EDQUOT)\b/.test(errors)) return noRoom(root)
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH)\b/.test(errors)) {
    return 'npm cannot reach its registry: check the network, the proxy and `npm config get registry`, then again.'
  }
  const lines = errors
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/log of this run|_logs/.test(line))
  return [
    'npm install failed:',
    ...lines.slice(0, 8).map((line) => `  ${line}`),
    'Run `npm install` to see more.',
  ].join('\n')
}

/** What keeps a file from being written, in a sentence where there is one. */
function explainWriting(folder, error) {
  if (['EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR'].includes(error.code))
    return new Refusal(noWritePermission(folder))
  return ['ENOSPC', 'EDQUOT'].includes(error.code) ? new Refusal(noRoom(folder)) : error
}

function noRoom(folder) {
  return `The disk that holds ${folder} is full: make room, then again.`
}

function noWritePermission(root) {
  return `Packages cannot be installed: ${root} is not writable for this account. Run as its owner, or clone into a folder of your own.`
}

async function install(root, development) {
  const report = startProgress(`installing packages (${basename(root)})`)
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    // The defaults wait for minutes when there is no network.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=10000',
    ...(development ? ['--include=dev'] : []),
  ]
  let succeeded = false
  try {
    const { code, errors } = await runNpm(root, args)
    succeeded = code === 0
    if (!succeeded) throw new Refusal(explainFailure(root, errors))
  } finally {
    report.end(succeeded)
  }
}

function runNpm(root, args) {
  const own = process.env.npm_execpath
  const [command, first] =
    own !== undefined && basename(own) === 'npm-cli.js' ? [process.execPath, [own]] : ['npm', []]
  const child = spawn(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-20_000)
  })
  return new Promise((fulfil, reject) => {
    child.once('error', (error) =>
      reject(
        error.code === 'ENOENT'
          ? new Refusal(
              'npm is not on PATH: install Node.js with npm (https://nodejs.org), then again.',
            )
          : error,
      ),
    )
    child.once('close', (code) => fulfil({ code, errors }))
  })
}

/** A line that counts the seconds on a terminal, a line now and then elsewhere. */
function startProgress(what) {
  const began = Date.now()
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
  const terminal = process.stderr.isTTY
  const show = () =>
    process.stderr.write(terminal ? `\r${what} … ${seconds()} ` : `${what} … ${seconds()}\n`)
  show()
  const timer = setInterval(show, terminal ? 1000 : PROGRESS_LINE_MS)
  return {
    end(succeeded) {
      clearInterval(timer)
      process.stderr.write(
        `${terminal ? '\r' : ''}${what}: ${succeeded ? 'done in' : 'failed after'} ${seconds()}\n`,
      )
    },
  }
}

/** The rest of the project runs on this Node, whatever the machine's own is. */
function checkNode(root) {
  const path = join(root, 'node_modules/.bin/node')
  const blocked =
    'The package "node" has no program: npm was told not to run its install script. ' +
    'Run `npm install --ignore-scripts=false --allow-scripts=node`, then again.'
  if (!existsSync(path)) throw new Refusal(blocked)
  const version =
    realpathSync(path) === realpathSync(process.execPath)
      ? process.version
      : spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout
  if (!version) throw new Refusal(`${path} does not run here: remove node_modules, then again.`)
  if (Number(/^v(\d+)/.exec(version)?.[1]) < NODE_MAJOR_MIN) {
    throw new Refusal(
      `${path} is ${version.trim()}, older than ${NODE_MAJOR_MIN}: remove node_modules, then again.`,
    )
  }
}

/**
 * @param {string} root
 * @param {{ development: boolean }} options
 */
export async function prepare(root, options) {
  if (findMissing(root, options) !== undefined) {
    const modules = join(root, 'node_modules')
    try {
      mkdirSync(modules, { recursive: true })
      accessSync(modules, constants.W_OK)
    } catch (error) {
      throw explainWriting(root, error)
    }
    const lock = join(modules, '.prepare.lock')
    const waiting = () =>
      process.stderr.write(`another npm is installing packages here (${lock}): waiting for it …\n`)
    await underLock(lock, waiting, async () => {
      // Whoever held the lock before us has done the work.
      if (findMissing(root, options) === undefined) return
      await install(root, options.development)
      const missing = findMissing(root, options)
      if (missing !== undefined)
        throw new Refusal(
          `npm install left something out: ${missing}. Remove node_modules, then again.`,
        )
    })
  }
  checkNode(root)
}

if (
  process.argv[1] !== undefined &&
  import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href
) {
  try {
    await prepare(fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''), {
      development: !WITHOUT_TOOLS.includes(process.env.npm_lifecycle_event ?? ''),
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

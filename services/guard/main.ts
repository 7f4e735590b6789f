/**
 * `guard -- COMMAND ARGS…`: starts a program behind a proxy that leads to the public internet alone.
 *
 * In the arguments `{proxy}` becomes the address of the proxy, `{chromium}` the browser of this machine, `{sandbox}`
 * the switch for its sandbox, `{services}` the folder of the services. The guard only offers the way: a program
 * that heeds no proxy is held by the network alone, as in a container.
 */

import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

// Whoever opens a session waits for us: with it we need half the time. Where it cannot be written, nothing happens.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/compiled'))
const { guard } = await import('./guard.ts')
await guard(process.argv.slice(2), process.env)
flushCompileCache()

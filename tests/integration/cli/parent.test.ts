import test from 'ava'
import { makePlace, run, until } from '../../support/gateway-process.ts'

/** A shell in npm's place: it starts the gateway as its child and is killed. */
const SHELL = ['/bin/sh', '-c', '"$0" "$@" & wait'] as const

for (const [title, npm, survives] of [
  ['under npm, its death ends the gateway', 'start', false],
  ['under anything else, losing the parent is no reason to end', undefined, true],
] as const) {
  test.serial(title, async (t) => {
    const place = await makePlace(t)
    const parent = run([...SHELL, process.execPath, place.program, 'start'], place.folder, {
      ...place.env,
      npm_lifecycle_event: npm,
    })
    await parent.line(`ready http://localhost:${place.port}`)
    const running = place.remaining().length
    parent.child.kill('SIGKILL')
    if (survives) {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      t.is(place.remaining().length, running)
      t.is((await place.gateway(['stop']).ended).exitCode, 0)
    } else {
      await until(() => place.remaining().length === 0, 5000)
      t.is((await place.gateway(['status']).ended).exitCode, 3)
    }
  })
}

/** A client that we wrote around a library of another language: it is told what to do line by line, and answers in JSON. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { RunningClient, Surroundings } from './driver.ts'

type Said =
  | { readonly authorize: string }
  | { readonly ready: true }
  | { readonly text: string }
  | { readonly error: string }

/** `authorize` is answered with the address that the person was sent back to. */
export function startLineClient(
  { environment, home, person }: Surroundings,
  [command = '', ...args]: readonly string[],
): RunningClient {
  const child = spawn(command, args, { cwd: home, env: environment, stdio: 'pipe' })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`it ended: ${complaint.slice(-500)}`)
      const said = JSON.parse(value) as Said
      if (!('authorize' in said)) return toText(said)
      child.stdin.write(`${await person.approve(said.authorize)}\n`)
    }
  }
  const tell = (word: string): Promise<string> => {
    child.stdin.write(`${word}\n`)
    return next()
  }
  return {
    logIn: next,
    list: () => tell('list'),
    call: () => tell('call'),
    end() {
      child.kill('SIGKILL')
    },
  }
}

function toText(said: Exclude<Said, { authorize: string }>): string {
  if ('error' in said) throw new Error(said.error)
  return 'text' in said ? said.text : 'ready'
}

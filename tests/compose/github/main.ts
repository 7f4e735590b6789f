/** The emulated GitHub in a container, over TLS as a real one: `https://github.test`. */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { startGitHub } from '../../support/github-emulator.ts'

const FOLDER = '/test'

const [, , clientId = '', clientSecret = ''] = process.argv
const github = await startGitHub({ enterprise: true, clientId, clientSecret })
github.add('octocat')
const { port } = new URL(github.url)
const pair = {
  key: readFileSync(`${FOLDER}/github.key`),
  cert: readFileSync(`${FOLDER}/github.crt`),
}

// What arrives decrypted goes on as it is: only the outside differs.
const outside = createServer(pair)
outside.removeAllListeners('secureConnection')
outside.on('secureConnection', (socket) => {
  const inside = connect(Number(port), '127.0.0.1')
  for (const one of [socket, inside]) one.on('error', () => one.destroy())
  socket.pipe(inside).pipe(socket)
})
outside.listen(443, () => console.log('ready'))

/** Instances of one real client that share one login, and refresh it all at once. */

import { spawn } from 'node:child_process'
import { join as joinPath } from 'node:path'
import { createInterface } from 'node:readline'
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { callText, connect, MemoryProvider } from './sdk-client.ts'
import { createVisitor } from './visitor.ts'

const MCP_REMOTE = joinPath(import.meta.dirname, '../../node_modules/mcp-remote/dist/proxy.js')
const STORM = joinPath(import.meta.dirname, '../clients/python/storm.py')

/** Several instances of one client that share one login. */
export interface Crowd {
  readonly user: string
  /** Every instance calls, all at once; resolves with the answers. */
  call(): Promise<string[]>
  /** As `call`, but every instance refreshes before, whether its token has expired or not. */
  storm(): Promise<string[]>
  /** How often a person was needed. */
  logins(): number
  close(): Promise<void>
}

export interface SdkCrowd extends Crowd {
  readonly provider: MemoryProvider
}

/** Four connections of the official SDK in this process, on one token store in memory. */
export async function startSdkCrowd(endpoint: string): Promise<SdkCrowd> {
  const person = createVisitor('typescript')
  const provider = new MemoryProvider()
  let asked = 0
  const watching = {
    approve: (url: URL | string): Promise<URL> => {
      asked += 1
      return person.approve(url)
    },
  }
  const join = () => connect(endpoint, watching, { provider })
  const connections = [await join(), ...(await Promise.all([join(), join(), join()]))]
  const call = (): Promise<string[]> => {
    const thrice = [...connections, ...connections, ...connections]
    return Promise.all(thrice.map(({ client }) => callText(client, 'whoami')))
  }
  return {
    user: 'dev:typescript',
    provider,
    call,
    async storm() {
      const refresh = () => auth(provider, { serverUrl: endpoint })
      const outcomes = await Promise.all(connections.map(refresh))
      const refused = outcomes.filter((outcome) => outcome !== 'AUTHORIZED')
      if (refused.length > 0) throw new Error(`${refused.length} refreshes ended the login`)
      return await call()
    },
    logins: () => asked,
    async close() {
      for (const connection of connections) await connection.close()
    },
  }
}

/** Asked more at once, one process writes its store twice under one name, and fails by that. */
async function callThrice(client: Client): Promise<string[]> {
  const answers = []
  for (let call = 0; call < 3; call += 1) answers.push(await callText(client, 'whoami'))
  return answers
}

/** Three mcp-remote processes, on one folder: they refresh before each call in a token's last minute. */
export async function startMcpRemoteCrowd(endpoint: string, folder: string): Promise<Crowd> {
  const person = createVisitor('remote')
  let asked = 0
  const join = async (): Promise<Client> => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MCP_REMOTE, endpoint, '--allow-http'],
      env: { PATH: '', HOME: folder, MCP_REMOTE_CONFIG_DIR: `${folder}/mcp-remote` },
      stderr: 'pipe',
    })
    let said = ''
    let answered = ''
    transport.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const address = /^(http\S+\/authorize\?\S+)$/m.exec(said)?.[1]
      if (address === undefined || address === answered) return
      answered = address
      asked += 1
      void person.approve(address).then((redirect) => fetch(redirect))
    })
    const client = new Client({ name: 'stdio-only', version: '1' })
    await client.connect(transport)
    return client
  }
  const clients = [await join(), ...(await Promise.all([join(), join()]))]
  const call = async (): Promise<string[]> => (await Promise.all(clients.map(callThrice))).flat()
  return {
    user: 'dev:remote',
    call,
    storm: call,
    logins: () => asked,
    async close() {
      for (const client of clients) await client.close()
    },
  }
}

type Said = { authorize: string } | { ready: true } | { answers: string[] }

/** Two processes of three official Python clients each, on one file. */
export async function startPythonCrowd(
  interpreter: string,
  endpoint: string,
  folder: string,
): Promise<Crowd> {
  const person = createVisitor('python')
  let asked = 0
  const join = async () => {
    const child = spawn(interpreter, [STORM, endpoint, `${folder}/python.json`, '3'])
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    // Its end is told by its output.
    child.stdin.on('error', () => {})
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (): Promise<Exclude<Said, { authorize: string }>> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error(`the Python client ended: ${complaint}`)
        const said = JSON.parse(value) as Said
        if (!('authorize' in said)) return said
        asked += 1
        child.stdin.write(`${await person.approve(said.authorize)}\n`)
      }
    }
    await next()
    return {
      async order(word: 'call' | 'storm'): Promise<string[]> {
        child.stdin.write(`${word}\n`)
        const said = await next()
        return 'answers' in said ? said.answers : []
      },
      close: () => child.kill(),
    }
  }
  const processes = [await join(), await join()]
  const all = async (word: 'call' | 'storm'): Promise<string[]> =>
    (await Promise.all(processes.map(({ order }) => order(word)))).flat()
  return {
    user: 'dev:python',
    call: () => all('call'),
    storm: () => all('storm'),
    logins: () => asked,
    async close() {
      for (const { close } of processes) close()
    },
  }
}

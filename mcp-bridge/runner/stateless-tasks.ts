/**
 * Tasks in a process that several people share (extension `io.modelcontextprotocol/tasks`, MCP 2026-07-28): a
 * server on a pipe cannot tell who asks, so each is its person's here.
 */

import { isObject } from '../../lib/platform/json.ts'
import { paramsOf, RpcFault, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import { Ownership } from './ownership.ts'
import type { ProcessUser } from './process-user.ts'

const METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel'])

export class StatelessTasks {
  readonly #owners = new Ownership()

  /** @throws RpcFault for a task that is not the person's, and 404 for what might tell of those of others. */
  assertOwn(user: ProcessUser, request: RpcRequest): void {
    const { method } = request
    if (!method.startsWith('tasks/')) return
    if (!METHODS.has(method)) {
      throw new RpcFault(404, 'methodNotFound', `${method} does not exist in this revision`)
    }
    if (this.#owners.isOf(paramsOf(request)['taskId'], user)) return
    throw new RpcFault(200, 'invalidParams', 'Failed to retrieve task: Task not found')
  }

  /** A wish to hear of tasks, without those of others. */
  withOwn(user: ProcessUser, request: RpcRequest): RpcRequest {
    const params = paramsOf(request)
    const { notifications } = params
    if (!isObject(notifications) || notifications['taskIds'] === undefined) return request
    const asked = Array.isArray(notifications['taskIds']) ? notifications['taskIds'] : []
    const taskIds = asked.filter((id) => this.#owners.isOf(id, user))
    return { ...request, params: { ...params, notifications: { ...notifications, taskIds } } }
  }

  /** The server's answer may be a task. */
  note(user: ProcessUser, { result }: RpcResponse): void {
    if (!isObject(result) || result['resultType'] !== 'task') return
    this.#owners.note(result['taskId'], user)
    // The request is over, the task stays with the person.
    this.#owners.left(user)
  }
}

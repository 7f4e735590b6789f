/**
 * Answers of MCP 2026-07-28 as clients of the revisions before it read them.
 *
 * Results may have members that nobody knows, but not all clients agree: what only this revision has
 * goes. Schemas of tools and what tools return may be anything in it, objects only before.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CODES, paramsOf, type RpcRequest, tooDeep } from '../../json-rpc.ts'
import { CALL_TOOL, LIST_TOOLS } from '../../methods.ts'
import { META } from '../../stateless/envelope.ts'
import { toOlderBlock, toOlderContent } from './older-content.ts'

/**
 * `revision`: the client's.
 * @throws RpcFault for what cannot be told in it.
 */
export function toOlderResult(method: string, result: JsonObject, revision: string): JsonObject {
  const { resultType: _, ttlMs: __, cacheScope: ___, _meta, ...others } = result
  const meta = isObject(_meta) ? withoutServer(_meta) : {}
  const older = Object.keys(meta).length > 0 ? { _meta: meta, ...others } : others
  if (method === LIST_TOOLS) return withOlderTools(older)
  if (method === CALL_TOOL) return withOlderContent(older, revision)
  return method === 'prompts/get' ? withOlderMessages(older, revision) : older
}

/** What the errors of this revision alone mean, in the codes that were there before. */
export function toOlderError(request: RpcRequest, error: JsonObject): JsonObject {
  switch (error['code']) {
    case CODES.missingCapability:
      return { ...error, code: CODES.invalidRequest }
    // The gateway has written what the server does not like.
    case CODES.headerMismatch:
    case CODES.unsupportedVersion:
      return { ...error, code: CODES.internal }
    case CODES.invalidParams:
      return isNotThere(request, error) ? { ...error, code: CODES.resourceNotFound } : error
    default:
      return error
  }
}

/** A state that the server does not take back any more has the same code, and tells another reason. */
function isNotThere(request: RpcRequest, { data }: JsonObject): boolean {
  if (request.method !== 'resources/read') return false
  if (typeof paramsOf(request)['uri'] !== 'string') return false
  return data === undefined || (isObject(data) && 'uri' in data)
}

function withoutServer({ [META.serverInfo]: _, ...others }: JsonObject): JsonObject {
  return others
}

function withOlderTools(result: JsonObject): JsonObject {
  const { tools } = result
  return Array.isArray(tools) ? { ...result, tools: tools.map(toOlderTool) } : result
}

/** A single tool that a client cannot read costs it all of them. */
function toOlderTool(tool: unknown): unknown {
  if (!isObject(tool)) return tool
  const { inputSchema, outputSchema, ...others } = tool
  const isOutput = isObject(outputSchema) && outputSchema['type'] === 'object'
  return {
    ...others,
    inputSchema: isObject(inputSchema) ? toOlderSchema(inputSchema) : inputSchema,
    ...(isOutput && { outputSchema: toOlderSchema(outputSchema) }),
  }
}

/** `true` and `false` are schemas too (JSON Schema 2020-12 section 4.3.2), for all but older clients. */
function toOlderSchema(schema: JsonObject): JsonObject {
  const { properties } = schema
  if (!isObject(properties)) return schema
  const entries = Object.entries(properties)
  if (!entries.some(([, property]) => typeof property === 'boolean')) return schema
  const objects = entries.map(([name, property]) => [name, toObjectSchema(property)] as const)
  return { ...schema, properties: Object.fromEntries(objects) }
}

function toObjectSchema(schema: unknown): unknown {
  if (typeof schema !== 'boolean') return schema
  return schema ? {} : { not: {} }
}

function withOlderMessages(result: JsonObject, revision: string): JsonObject {
  const { messages } = result
  if (!Array.isArray(messages)) return result
  const older = messages.map((message) =>
    isObject(message)
      ? { ...message, content: toOlderBlock(revision, message['content']) }
      : message,
  )
  return { ...result, messages: older }
}

function withOlderContent(result: JsonObject, revision: string): JsonObject {
  const { structuredContent, ...others } = result
  const content = toOlderContent(revision, result['content'])
  const older = content === undefined ? others : { ...others, content }
  if (structuredContent === undefined) return older
  return isObject(structuredContent)
    ? { ...older, structuredContent }
    : { ...older, content: withText(content, structuredContent) }
}

/** What is no object is told as text, unless the server has done so itself. */
function withText(given: unknown, structured: unknown): unknown[] {
  const content = Array.isArray(given) ? given : []
  if (content.some((block) => isObject(block) && block['type'] === 'text')) return content
  return [...content, { type: 'text', text: write(structured) }]
}

function write(structured: unknown): string {
  try {
    return JSON.stringify(structured)
  } catch (cause) {
    throw tooDeep(cause)
  }
}

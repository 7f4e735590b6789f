/** The tool of this service, for clients with and without sessions: defined once. */

import { z } from 'zod'
import { FetchFault } from './fetch-fault.ts'
import type { FetchPage } from './fetch-page.ts'
import type { Content } from './present.ts'
import type { Turns } from './turns.ts'

export const ABOUT = { name: 'fetchs', version: '1.0.0' }

const LENGTH = 100_000
const LENGTH_MAX = 5_000_000
const BODY_CHARACTERS_MAX = 1_000_000
const HEADERS_MAX = 50
const USER_AGENT = 'ModelContextProtocol/1.0'

const input = z.strictObject({
  url: z.string().min(1).max(8192).describe('An http or https URL on the public internet.'),
  method: z.enum(['GET', 'POST']).default('GET'),
  headers: z
    .record(z.string().max(256), z.string().max(8192))
    .default({})
    .refine(
      (headers) => Object.keys(headers).length <= HEADERS_MAX,
      `at most ${HEADERS_MAX} headers`,
    )
    .describe(
      'Sent along. A redirect to another origin gets none of them but Accept and User-Agent.',
    ),
  body: z.string().max(BODY_CHARACTERS_MAX).optional().describe('Of a POST.'),
  max_length: z
    .int()
    .min(1)
    .max(LENGTH_MAX)
    .default(LENGTH)
    .describe('Characters of a text, which is cut there; bytes of an image, which is refused.'),
  user_agent: z.string().min(1).max(512).default(USER_AGENT),
})

const output = z.object({
  url: z.string().describe('After redirects.'),
  status: z.number(),
  content_type: z.string(),
  title: z.string().describe('Of a page that has one.'),
  truncated: z.boolean(),
})

export const FETCH = {
  name: 'fetch',
  config: {
    description:
      'Fetches a URL of the public internet. Pages come as Markdown with their title, images as images, other texts as they are. Addresses of private networks are refused, and what a site’s robots.txt forbids.',
    inputSchema: input,
    outputSchema: output,
    annotations: { openWorldHint: true, readOnlyHint: false, destructiveHint: false },
  },
}

export interface ToolResult {
  readonly [member: string]: unknown
  content: Content[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/**
 * Never throws for what went wrong on the way: the model reads that and can do something else.
 * @param person whose turn it is.
 */
export async function callFetch(
  args: z.output<typeof input>,
  { person, signal }: { readonly person: string; readonly signal: AbortSignal },
  { fetchPage, turns }: { readonly fetchPage: FetchPage; readonly turns: Turns },
): Promise<ToolResult> {
  const { url, method, headers, body, max_length: lengthMax, user_agent: userAgent } = args
  try {
    if (body !== undefined && method === 'GET') throw new FetchFault('A GET has no body: use POST.')
    const request = { url, method, headers, body, lengthMax, userAgent }
    const page = await turns.take(person, () => fetchPage(request, signal))
    return {
      content: [page.content],
      structuredContent: {
        url: page.url,
        status: page.status,
        content_type: page.contentType,
        title: page.title,
        truncated: page.isTruncated,
      },
    }
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error
    return { content: [{ type: 'text', text: error.message }], isError: true }
  }
}

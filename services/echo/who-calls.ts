/** The identity headers of a request, as received and decoded. */

/** Every header name the gateway manages begins so. */
const MANAGED = /^x-(?:user|auth)-/

export interface Caller {
  readonly userId: string
  readonly userName: string
  readonly headers: Readonly<Record<string, string>>
}

export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>

export function whoCalls(received: ReceivedHeaders): Caller {
  const headers = Object.fromEntries(
    Object.entries(received)
      .filter(([name]) => MANAGED.test(name))
      .map(([name, value]): [string, string] => [name, [value ?? ''].flat().join(', ')]),
  )
  return {
    userId: decode(headers['x-user-id'] ?? ''),
    userName: decode(headers['x-user-name'] ?? ''),
    headers,
  }
}

/** UTF-8, percent-encoded; shown as it is when it is not. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

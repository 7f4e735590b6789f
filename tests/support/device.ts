/** A device without a browser, and the person who connects it. */

import { form, type HttpResponse, type Send } from './http.ts'
import type { Fields } from './oauth-client.ts'
import type { Page, Person } from './person.ts'

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

export interface DeviceCodes {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

export interface Device {
  ask(fields: Fields, headers?: Fields): Promise<HttpResponse>
  /** As `ask`, when it must succeed. */
  begin(fields: Fields, headers?: Fields): Promise<DeviceCodes>
  poll(deviceCode: string, fields: Fields, headers?: Fields): Promise<HttpResponse>
}

export function createDevice(send: Send, issuer: string): Device {
  const post = (path: string, fields: Fields, headers: Fields = {}): Promise<HttpResponse> => {
    const sent = form(fields)
    return send({ ...sent, url: issuer + path, headers: { ...sent.headers, ...headers } })
  }
  const ask: Device['ask'] = (fields, headers) => post('/device_authorization', fields, headers)
  return {
    ask,
    async begin(fields, headers) {
      const response = await ask(fields, headers)
      if (response.status !== 200) throw new Error(`not begun: ${response.text}`)
      return response.json() as unknown as DeviceCodes
    },
    poll: (deviceCode, fields, headers) =>
      post('/token', { grant_type: DEVICE_CODE, device_code: deviceCode, ...fields }, headers),
  }
}

/** The same requests from another address, as Envoy would tell it. */
export function from(address: string, send: Send): Send {
  return (request) =>
    send({ ...request, headers: { ...request.headers, 'x-forwarded-for': address } })
}

/** Types a code into the page that asks for it. */
export async function enterCode(
  person: Person,
  issuer: string,
  code: string,
): Promise<HttpResponse> {
  const page = await person.open(`${issuer}/device`)
  return await person.submit({ ...page, fields: { user_code: code } }, {})
}

/** Opens the link of a device and presses a button. */
export async function decide(
  person: Person,
  { verification_uri_complete }: DeviceCodes,
  answer: Parameters<Person['submit']>[1],
): Promise<HttpResponse> {
  return await person.submit(await openQuestion(person, verification_uri_complete), answer)
}

export async function openQuestion(person: Person, url: string): Promise<Page> {
  const page = await person.open(url)
  if (page.response.status === 200 && 'confirmation' in page.fields) return page
  throw new Error(`no question but ${page.response.status}: ${page.response.text}`)
}

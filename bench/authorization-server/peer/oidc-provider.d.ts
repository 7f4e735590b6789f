/** The part of oidc-provider that the benchmark uses; the package comes without types. */

declare module 'oidc-provider' {
  import type { Server } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  interface Saved {
    save(): Promise<string>
  }

  interface Grant extends Saved {
    addResourceScope(resource: string, scope: string): void
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly Grant: new (
      facts: object,
    ) => Grant
    readonly AuthorizationCode: new (
      facts: object,
    ) => Saved
    readonly RefreshToken: new (
      facts: object,
    ) => Saved
    listen(socketPath: string): Server
  }
}

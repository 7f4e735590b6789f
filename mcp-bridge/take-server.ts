/** What a session talks to: a server that knows sessions, or a translation in front of one that does not. */

import type { Bridge } from './bridge.ts'
import type { Exchange } from './exchange.ts'
import type { ProcessUser } from './runner/process-user.ts'
import type { Era, SessionServer } from './runner/servers.ts'
import { acquireStateless } from './stateless/direct.ts'
import { SessionOverStateless } from './translate/sessions-over-stateless.ts'
import { unlessLeft } from './unless-left.ts'

/** Whoever talks to it; `leave` is to be called when that is over. */
export interface Taker extends ProcessUser {
  begin(server: SessionServer, leave: () => void): void
}

/**
 * Once it is taken the session has it.
 * @throws RpcFault when it cannot be started now.
 * @throws OwnedElsewhere when it is another bridge's.
 */
export async function takeServer(
  bridge: Bridge,
  exchange: Exchange,
  session: Taker,
  era: Era,
): Promise<SessionServer> {
  const { response, service, identity } = exchange
  if (era === 'sessions') {
    const process = await unlessLeft(response, (left) =>
      bridge.runner.acquire(service, identity, session, { left }),
    )
    session.begin(process, () => void bridge.runner.release(process, session))
    return process
  }
  const translation = new SessionOverStateless({ session, service })
  const process = await acquireStateless(bridge, exchange, translation)
  translation.begin(process)
  session.begin(translation, () => {
    translation.end()
    void bridge.runner.release(process, translation)
  })
  return translation
}

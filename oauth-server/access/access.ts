/** Who may in. This server alone evaluates it, from the facts it keeps in `users`. */

import type { Needs } from '../login/providers/provider.ts'
import type { User } from '../store/users.ts'

export interface Access {
  /** What has to be asked of a provider for the rules as they are now. */
  needsOf(provider: string): Needs
  /**
   * A provider has just told who somebody is. Whoever may in is kept with these facts; of a stranger
   * nothing is. Either way every live grant of theirs that no longer holds ends now.
   * @param upstreamToken as `UpstreamAnswer.token`; sealed before it is kept.
   * @returns whether they may in at all.
   */
  admit(user: User, upstreamToken: string | undefined): Promise<boolean>
  /**
   * Whether somebody known may use a service now (undefined: may in at all). Facts that are too old are
   * read again first.
   * @throws OAuthError 503 when they would have to be read again and cannot.
   */
  allows(userId: string, service: string | undefined): Promise<boolean>
  /** The services somebody known may use, by the facts at hand; undefined: whoever is not signed in. */
  servicesOf(userId: string | undefined): Promise<readonly string[]>
}

/** How many headers a request may have. */

export const HEADERS_MAX = 100
/** Beside a caller's: pseudo-headers, who it is, and what Envoy adds, which it counts as well. */
export const HEADERS_OF_OURS = 20

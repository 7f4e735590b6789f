/** The names of the HTTP filters: the listener has them in order, routes switch them on, off or differently. */

export const CORS_FILTER = 'envoy.filters.http.cors'
export const RATE_LIMIT_FILTER = 'envoy.filters.http.local_ratelimit'
export const EXT_AUTHZ_FILTER = 'envoy.filters.http.ext_authz'
export const BUFFER_FILTER = 'envoy.filters.http.buffer'
export const ROUTER_FILTER = 'envoy.filters.http.router'

/** The gRPC services of ext-authz, by full name. */

export const AUTHORIZATION = 'envoy.service.auth.v3.Authorization'
export const HEALTH = 'grpc.health.v1.Health'

/** Whoever asks for its description hears of these. */
export const SERVICES: readonly string[] = [AUTHORIZATION, HEALTH]

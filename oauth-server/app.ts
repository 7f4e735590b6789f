/** THE ROUTE TABLE: the whole API on one screen, and what surrounds every route. */

import { Router } from '@koa/router'
import Koa from 'koa'
import { OAuthError } from '../lib/oauth/error.ts'
import {
  AUTHORIZATION_SERVER_PATH,
  OPENID_CONFIGURATION_PATH,
  PROTECTED_RESOURCE_PATH,
} from '../lib/oauth/well-known.ts'
import type { Tracing } from '../lib/platform/tracing/tracing.ts'
import { changeAccount, showAccount } from './account/account.ts'
import { authorize } from './authorize/authorize.ts'
import { consent } from './authorize/consent.ts'
import { pushRequest } from './authorize/pushed-request.ts'
import { deleteClient, readClient, replaceClient } from './clients/manage.ts'
import { register } from './clients/register.ts'
import { answerDevicePage, openDevicePage } from './device/device.ts'
import { authorizeDevice } from './device/device-authorization.ts'
import { describeAuthorizationServer } from './discovery/authorization-server.ts'
import { sendKeySet } from './discovery/jwks.ts'
import { describeProtectedResource } from './discovery/protected-resource.ts'
import { reportHealth } from './health.ts'
import { showHome } from './home.ts'
import { callback } from './login/callback.ts'
import { askToLogIn, logIn } from './login/log-in.ts'
import { askToSignOut, endLogin } from './login/logout.ts'
import { openWardrobe, putOn, sendIcon, sendLogo, sendStyle, type Wardrobe } from './pages/dress.ts'
import type { Ports } from './ports.ts'
import type { Readiness } from './readiness.ts'
import { tellRequests } from './records/figures.ts'
import { answerErrors, type ErrorStyle } from './steps/answer-errors.ts'
import { allowAnyOrigin, answerPreflight } from './steps/cors.ts'
import { hardenAnswer } from './steps/headers.ts'
import { inSequence } from './steps/in-sequence.ts'
import { type LogState, logAccess } from './steps/log-access.ts'
import { type RouteState, traceRequest } from './steps/trace-request.ts'
import { introspect } from './token/introspect.ts'
import { revoke } from './token/revoke.ts'
import { token } from './token/token.ts'
import { userInfo } from './userinfo.ts'

interface Route {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** `any`: readable by every web page. `none`: pages and what cookies protect. */
  readonly cors: 'any' | 'none'
  readonly errors: ErrorStyle
  readonly steps: readonly Koa.Middleware[]
}

function routes(ports: Ports, readiness: Readiness, wardrobe: Wardrobe): readonly Route[] {
  const metadata = describeAuthorizationServer(ports)
  const row = (
    [name, method, path]: [string, Route['method'], string],
    cors: Route['cors'],
    errors: ErrorStyle,
    steps: readonly Koa.Middleware[],
  ): Route => ({ name, method, path, cors, errors, steps })
  const anyResource = `${PROTECTED_RESOURCE_PATH}{/*path}`
  // biome-ignore format: a table is read by columns.
  return [
    row(['authorization-server-metadata', 'GET', AUTHORIZATION_SERVER_PATH], 'any',  'json', metadata),
    row(['openid-configuration',          'GET', OPENID_CONFIGURATION_PATH], 'any',  'json', metadata),
    row(['protected-resource-metadata',   'GET', anyResource],               'any',  'json', describeProtectedResource(ports)),
    row(['jwks',                          'GET', '/jwks'],                   'any',  'json', sendKeySet(ports)),
    row(['register',                      'POST', '/register'],              'any',  'json', register(ports)),
    row(['client',                        'GET', '/register/:client'],       'any',  'json', readClient(ports)),
    row(['client-replacement',            'PUT', '/register/:client'],       'any',  'json', replaceClient(ports)),
    row(['client-deletion',               'DELETE', '/register/:client'],    'any',  'json', deleteClient(ports)),
    row(['token',                         'POST', '/token'],                 'any',  'json', token(ports)),
    row(['revoke',                        'POST', '/revoke'],                'any',  'json', revoke(ports)),
    row(['introspect',                    'POST', '/introspect'],            'none', 'json', introspect(ports)),
    row(['userinfo',                      'GET', '/userinfo'],               'none', 'json', userInfo(ports)),
    row(['userinfo-by-form',              'POST', '/userinfo'],              'none', 'json', userInfo(ports)),
    row(['authorize',                     'GET', '/authorize'],              'none', 'page', authorize(ports)),
    row(['pushed-request',                'POST', '/par'],                   'none', 'json', pushRequest(ports)),
    row(['consent',                       'POST', '/consent'],               'none', 'page', consent(ports)),
    row(['device-authorization',          'POST', '/device_authorization'],  'none', 'json', authorizeDevice(ports)),
    row(['device',                        'GET', '/device'],                 'none', 'page', openDevicePage(ports)),
    row(['device-answer',                 'POST', '/device'],                'none', 'page', answerDevicePage(ports)),
    row(['github-callback',               'GET', '/callback'],               'none', 'page', callback(ports)),
    row(['callback',                      'GET', '/callback/:provider'],     'none', 'page', callback(ports)),
    row(['login',                         'GET', '/login'],                  'none', 'page', askToLogIn(ports)),
    row(['login-decision',                'POST', '/login'],                 'none', 'page', logIn(ports)),
    row(['logout',                        'GET', '/logout'],                 'none', 'page', askToSignOut(ports)),
    row(['logout-decision',               'POST', '/logout'],                'none', 'page', endLogin(ports)),
    row(['account',                       'GET', '/account'],                'none', 'page', showAccount(ports)),
    row(['account-change',                'POST', '/account'],               'none', 'page', changeAccount(ports)),
    row(['home',                          'GET', '/'],                       'none', 'page', showHome(ports)),
    row(['style',                         'GET', '/assets/style.css'],       'none', 'json', sendStyle(wardrobe)),
    row(['logo',                          'GET', '/assets/logo'],            'none', 'json', sendLogo(wardrobe)),
    row(['icon',                          'GET', '/assets/icon.svg'],        'none', 'json', sendIcon(wardrobe)),
    row(['health',                        'GET', '/healthz'],                'none', 'json', reportHealth(readiness)),
  ]
}

export function createApp(ports: Ports, readiness: Readiness, tracing?: Tracing): Koa {
  const router = new Router({ strict: true, sensitive: true })
  const wardrobe = openWardrobe(ports.gateway.branding)
  const table = routes(ports, readiness, wardrobe)
  for (const row of table) {
    router.register(row.path, [row.method], allSteps(row), { name: row.name })
  }
  const readable = Map.groupBy(
    table.filter(({ cors }) => cors === 'any'),
    ({ path }) => path,
  )
  for (const [path, rows] of readable) {
    router.register(path, ['OPTIONS'], [answerPreflight(rows.map(({ method }) => method))])
  }
  const app = new Koa()
  if (tracing !== undefined) app.use(traceRequest(tracing))
  app.use(logAccess(ports.log, ports.clock, tellRequests(ports.figures)))
  app.use(hardenAnswer)
  app.use(putOn(wardrobe))
  app.use(findLiterally(table))
  app.use(router.routes())
  app.use(answerErrors('json'))
  app.use(refuseUnrouted(router))
  app.on('error', (error: unknown) => ports.log.warn({ err: error }, 'answer not delivered'))
  return app
}

function allSteps({ name, path, cors, errors, steps }: Route): Koa.Middleware[] {
  const shared = cors === 'any' ? [allowAnyOrigin] : []
  return [nameRoute(name, path), ...shared, answerErrors(errors), ...steps]
}

/** For the figures, and for traces: an address as it was asked for may hold what is nobody's business. */
function nameRoute(name: string, path: string): Koa.Middleware<LogState & RouteState> {
  return function nameRoute(ctx, next) {
    ctx.state.route = name
    ctx.state.routePath = path
    return next()
  }
}

const HAS_PARAMETERS = /[:*{]/

/** Most rows are found by what they say: the router, which tries the pattern of each, is for the others. */
function findLiterally(table: readonly Route[]): Koa.Middleware {
  const literal = table.filter(({ path }) => !HAS_PARAMETERS.test(path))
  const byRequest = new Map(
    literal.map((row) => [`${row.method} ${row.path}`, inSequence(allSteps(row))]),
  )
  return function findLiterally(ctx, next) {
    const answer = byRequest.get(`${ctx.method} ${ctx.path}`)
    return answer === undefined ? next() : answer(ctx, next)
  }
}

/** What no row of the table answers: another path, or another method on a path of ours. */
function refuseUnrouted(router: Router): Koa.Middleware {
  return async function refuseUnrouted(ctx) {
    const methods = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods)
    if (methods.length === 0) {
      throw new OAuthError('invalid_request', 'there is nothing here', { status: 404 })
    }
    ctx.set('Allow', [...new Set(methods)].join(', '))
    throw new OAuthError('invalid_request', 'this method is not served here', { status: 405 })
  }
}

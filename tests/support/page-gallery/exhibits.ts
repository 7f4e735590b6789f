/** Every page, in each state that looks different. */

import type Koa from 'koa'
import { PERSONAL_CLIENT_ID } from '../../../lib/oauth/client-id.ts'
import { OAuthError } from '../../../lib/oauth/error.ts'
import { showAccountPage } from '../../../oauth-server/account/account-page.ts'
import { GRANTS_MAX } from '../../../oauth-server/account/describe-grants.ts'
import { NOTICES } from '../../../oauth-server/account/notice.ts'
import { showConsentPage } from '../../../oauth-server/authorize/consent-page.ts'
import type { Client } from '../../../oauth-server/clients/client.ts'
import {
  showCodePage,
  showDevicePage,
  showDonePage,
} from '../../../oauth-server/device/device-page.ts'
import { showHomePage } from '../../../oauth-server/home.ts'
import { showLoginPage } from '../../../oauth-server/login/login-page.ts'
import { showRefusedPage } from '../../../oauth-server/login/refusal.ts'
import { renderPage } from '../../../oauth-server/pages/render.ts'
import { error as errorWords } from '../../../oauth-server/pages/words/error.ts'
import type { who as whoWords } from '../../../oauth-server/pages/words/who.ts'
import type { GrantUse } from '../../../oauth-server/store/grants.ts'
import type { Interaction } from '../../../oauth-server/store/interactions.ts'
import type { Login } from '../../../oauth-server/store/logins.ts'
import {
  CROWDED,
  GITHUB_ALONE,
  HOSTED,
  LOOPBACK,
  loginOf,
  MIXED,
  NOW,
  type Stock,
  setStage,
} from './stage.ts'

export interface Exhibit {
  /** `<page>-<state>`, also the name of its picture. */
  readonly name: string
  readonly show: (ctx: Koa.Context) => Promise<void> | void
  /** Nothing new to look at: it differs from another one in words alone, or has more of the same. */
  readonly isVariant?: true
}

function asVariant(exhibit: Exhibit): Exhibit {
  return { ...exhibit, isVariant: true }
}

const BOB = loginOf('dev:bob', 'bob')
const OCTOCAT = loginOf('github:583231', 'octocat')
/** A name without a place to break, and a service's whole length of an address. */
const ENDLESS = 'Departmental_Assistant_With_A_Name_That_Never_Ends_'.repeat(3)
/** Its parenthesis changes sides unless the name is held together. */
const RIGHT_TO_LEFT = 'مساعد الفريق (team.example)'

const CLIENT: Client = {
  id: 'a'.repeat(22),
  kind: 'registered',
  redirectUris: ['https://claude.ai/api/mcp/auth_callback'],
  authMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  name: 'Claude',
  echoed: {},
  secretDigest: undefined,
  registeredAt: NOW / 1000,
}

const DOCUMENT: Partial<Client> = {
  id: 'https://vscode.dev/oauth/client-metadata.json',
  kind: 'document',
  name: 'Visual Studio Code',
}

interface Asked extends Partial<Stock> {
  readonly client?: Partial<Client>
  readonly interaction?: Partial<Interaction>
  readonly login?: Login
  readonly service?: string
  readonly problem?: { readonly key: string; readonly values?: Record<string, string | number> }
}

function consent(state: string, asked: Asked = {}): Exhibit {
  const { client, interaction, login, service, problem, gateway = LOOPBACK, ...stock } = asked
  return {
    name: `consent-${state}`,
    show: (ctx) =>
      showConsentPage(ctx, setStage({ gateway, ...stock }), {
        interactionId: 'interaction',
        client: { ...CLIENT, ...client },
        interaction: {
          clientId: CLIENT.id,
          redirectUri: 'https://claude.ai/api/mcp/auth_callback',
          state: undefined,
          codeChallenge: 'challenge',
          service: 'echo',
          requestedScopes: ['mcp', 'offline_access'],
          nonce: undefined,
          maxAgeSeconds: undefined,
          ...interaction,
        },
        login,
        service,
        problem,
      }),
  }
}

/** What `login/provider-problem.ts` and its like put on a page that asks who somebody is. */
const PROBLEMS = [
  'chooseWay',
  'writeName',
  'loginCancelled',
  'accountBlocked',
  'providerUnavailable',
  'providerMisconfigured',
  'providerInvalid',
  'gatewayFailed',
  'tooMany',
  'loginTooOld',
  'accountChanged',
] as const satisfies readonly (keyof typeof whoWords.en)[]

const CONSENTS: readonly Exhibit[] = [
  consent('web', { gateway: GITHUB_ALONE }),
  consent('web-signed-in', { gateway: GITHUB_ALONE, login: OCTOCAT }),
  consent('computer', {
    client: { name: 'Claude Code (echo)' },
    interaction: { redirectUri: 'http://localhost:51234/callback' },
  }),
  consent('computer-signed-in', {
    client: { name: 'Claude Code (echo)' },
    interaction: { redirectUri: 'http://localhost:51234/callback' },
    login: BOB,
  }),
  consent('application', {
    client: { name: 'Cursor' },
    interaction: { redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback' },
  }),
  consent('copy', { interaction: { redirectUri: 'urn:ietf:wg:oauth:2.0:oob' } }),
  consent('document', {
    gateway: GITHUB_ALONE,
    client: DOCUMENT,
    interaction: { redirectUri: 'https://vscode.dev/redirect' },
  }),
  consent('configured', { client: { kind: 'configured', name: undefined } }),
  consent('choice', { interaction: { service: undefined } }),
  consent('providers', {
    gateway: HOSTED,
    interaction: { requestedScopes: ['echo:read', 'echo:write', 'openid', 'profile', 'email'] },
  }),
  consent('providers-signed-in', { gateway: HOSTED, login: OCTOCAT }),
  consent('providers-and-name', { gateway: MIXED }),
  consent('everything-at-once', {
    gateway: HOSTED,
    login: OCTOCAT,
    interaction: { service: undefined, redirectUri: 'http://127.0.0.1:1/callback' },
    problem: { key: 'chooseService' },
  }),
  consent('crowded', { gateway: CROWDED, interaction: { service: undefined } }),
  consent('long', {
    gateway: CROWDED,
    client: {
      ...DOCUMENT,
      id: `https://${'very-long-subdomain.'.repeat(9)}example/oauth/client.json`,
      name: ENDLESS,
    },
    interaction: { redirectUri: `https://${'very-long-subdomain.'.repeat(9)}example/callback` },
    login: loginOf('github:1', ENDLESS.slice(0, 64)),
  }),
  consent('right-to-left', { client: { name: RIGHT_TO_LEFT } }),
  consent('no-services', { usable: [], login: BOB, interaction: { service: undefined } }),
  consent('not-for-you', { gateway: HOSTED, usable: ['mail'], login: OCTOCAT }),
  ...PROBLEMS.map((key) =>
    asVariant(
      consent(`problem-${key}`, { problem: { key, values: { provider: 'GitHub', seconds: 40 } } }),
    ),
  ),
]

interface AskedByDevice extends Omit<Asked, 'interaction'> {
  readonly from?: string
  readonly minutesAgo?: number
  readonly isChoice?: boolean
}

function device(state: string, asked: AskedByDevice = {}): Exhibit {
  const { client, login, gateway = LOOPBACK, from = '', minutesAgo = 3, isChoice, ...stock } = asked
  return {
    name: `device-${state}`,
    show: (ctx) =>
      showDevicePage(ctx, setStage({ gateway, ...stock }), {
        confirmationId: 'confirmation',
        userCode: 'BCDFGHJK',
        request: {
          clientId: CLIENT.id,
          service: isChoice ? undefined : 'echo',
          requestedScopes: ['offline_access'],
          address: from,
          requestedAt: NOW / 1000 - minutesAgo * 60,
        },
        client: { ...CLIENT, name: 'Television', ...client },
        login,
        problem: asked.problem,
      }),
  }
}

const DEVICES: readonly Exhibit[] = [
  { name: 'device-code', show: (ctx) => showCodePage(ctx) },
  { name: 'device-code-unknown', show: (ctx) => showCodePage(ctx, 'BCDF-GHJX') },
  device('computer'),
  device('elsewhere', { gateway: GITHUB_ALONE, from: '2001:db8:1234:5678::9abc', minutesAgo: 0 }),
  device('choice', { gateway: HOSTED, login: OCTOCAT, isChoice: true, minutesAgo: 1 }),
  device('nameless', { client: { name: undefined }, problem: { key: 'writeName' } }),
  device('no-services', { usable: [], isChoice: true }),
  device('choose-service', { isChoice: true, problem: { key: 'chooseService' } }),
  { name: 'device-done-approved', show: (ctx) => showDonePage(ctx, 'approve') },
  { name: 'device-done-refused', show: (ctx) => showDonePage(ctx, 'deny') },
]

function login(state: string, { gateway = LOOPBACK, login, problem }: Asked = {}): Exhibit {
  return {
    name: `login-${state}`,
    show: (ctx) => showLoginPage(ctx, setStage({ gateway }), { returnPath: '/', login, problem }),
  }
}

const LOGINS: readonly Exhibit[] = [
  login('name'),
  login('one', { gateway: GITHUB_ALONE }),
  login('providers', { gateway: HOSTED }),
  login('providers-and-name', { gateway: MIXED, problem: { key: 'chooseWay' } }),
  login('signed-in', { gateway: HOSTED, login: OCTOCAT }),
  login('cancelled', {
    gateway: HOSTED,
    problem: { key: 'loginCancelled', values: { provider: 'GitHub' } },
  }),
]

function refused(state: string, service: string | undefined, help?: string): Exhibit {
  const gateway = { ...GITHUB_ALONE, branding: { ...GITHUB_ALONE.branding, help } }
  const refusal = {
    person: { kind: 'known', login: OCTOCAT } as const,
    service,
    browser: 'browser',
  }
  const back = {
    method: 'post',
    action: '/consent',
    fields: { interaction: 'interaction' },
  } as const
  return {
    name: `refused-${state}`,
    show: (ctx) => showRefusedPage(ctx, setStage({ gateway }), refusal, back),
  }
}

const SIGNING_OUT: readonly Exhibit[] = [
  {
    name: 'logout-form',
    show: (ctx) => renderPage(ctx, 'logout', { userName: 'octocat (GitHub)', proof: 'proof' }),
  },
  {
    name: 'signed-out-browser',
    show: (ctx) => renderPage(ctx, 'signed-out', { isEverywhere: false }),
  },
  {
    name: 'signed-out-everywhere',
    show: (ctx) => renderPage(ctx, 'signed-out', { isEverywhere: true }),
  },
]

const CLIENTS: readonly Client[] = [
  CLIENT,
  { ...CLIENT, ...DOCUMENT, redirectUris: ['http://127.0.0.1/', 'https://vscode.dev/redirect'] },
  { ...CLIENT, id: 'long', name: ENDLESS, redirectUris: ['cursor://cb', 'http://localhost/cb'] },
  { ...CLIENT, id: 'turned', name: RIGHT_TO_LEFT, redirectUris: ['urn:ietf:wg:oauth:2.0:oob'] },
  { ...CLIENT, id: 'nameless', name: undefined, redirectUris: [] },
]

function grantsTo(clientIds: readonly string[]): readonly GrantUse[] {
  return clientIds.map((clientId, index) => ({
    grant: {
      id: `${NOW - index * 40 * 3_600_000}-random${index}`,
      userId: OCTOCAT.userId,
      userName: 'octocat',
      clientId,
      resource: HOSTED.addresses.resourceOf(index % 2 === 0 ? 'echo' : 'calendar'),
      scopes: index % 2 === 0 ? ['mcp', 'echo:write', 'offline_access'] : ['mcp'],
      authenticatedAt: NOW / 1000,
      ...(clientId === PERSONAL_CLIENT_ID && { label: 'nightly job' }),
    },
    usedAt: index === 1 ? undefined : NOW / 1000 - index * 3600,
  }))
}

function account(
  state: string,
  { login = OCTOCAT, gateway = HOSTED, ...stock }: Partial<Stock> & { login?: Login } = {},
  notice?: (typeof NOTICES)[number],
): Exhibit {
  return {
    name: `account-${state}`,
    show: (ctx) =>
      showAccountPage(ctx, setStage({ gateway, ...stock }), { login, cookie: 'cookie', notice }),
  }
}

const FULL: Partial<Stock> = {
  email: 'octocat@faculty.example',
  clients: CLIENTS,
  grants: grantsTo([
    ...CLIENTS.map(({ id }) => id),
    ...['gone', 'https://away.example/client.json', PERSONAL_CLIENT_ID],
  ]),
  entered: { calendar: { CALENDAR_KEY: NOW - 86_400_000, CALENDAR_PIN: NOW - 9 * 86_400_000 } },
}

const ACCOUNTS: readonly Exhibit[] = [
  account('empty', { gateway: LOOPBACK, login: BOB }),
  account('secrets', { usable: ['calendar', 'mail'] }, 'secret-empty'),
  account('full', FULL, 'revoked'),
  asVariant(
    account('cut', { ...FULL, grants: grantsTo(Array<string>(GRANTS_MAX).fill(CLIENT.id)) }),
  ),
  ...NOTICES.map((notice) => asVariant(account(`notice-${notice}`, { gateway: LOOPBACK }, notice))),
]

function home(state: string, stock: Partial<Stock>, login?: Login): Exhibit {
  return {
    name: `home-${state}`,
    show: (ctx) => showHomePage(ctx, setStage({ gateway: LOOPBACK, ...stock }), login),
  }
}

const HOMES: readonly Exhibit[] = [
  home('signed-out', {}),
  home('signed-in', {}, BOB),
  home('hosted', { gateway: HOSTED }),
  home('one', { gateway: HOSTED, usable: ['calendar'] }, OCTOCAT),
  home('crowded', { gateway: CROWDED }, loginOf('github:1', ENDLESS.slice(0, 64))),
  home('none', { usable: [] }, BOB),
  home('none-signed-out', { usable: [] }),
]

const ERRORS: readonly Exhibit[] = Object.keys(errorWords.en)
  .filter((key) => `${key}-next` in errorWords.en)
  .map((key) => ({
    name: `error-${key}`,
    show: () => {
      throw new OAuthError('invalid_request', 'what a developer reads about it', {
        explain: key,
        retryAfterSeconds: 40,
      })
    },
  }))
  .map((exhibit) =>
    ['error-unknownClient', 'error-away'].includes(exhibit.name) ? exhibit : asVariant(exhibit),
  )

export const EXHIBITS: readonly Exhibit[] = [
  ...CONSENTS,
  ...DEVICES,
  {
    name: 'code-shown',
    show: (ctx) => renderPage(ctx, 'code', { code: 'mgc_'.padEnd(47, 'k8Rt') }),
  },
  ...LOGINS,
  refused('gateway', undefined, 'mailto:help@example.com'),
  refused('service', 'echo'),
  ...SIGNING_OUT,
  ...ACCOUNTS,
  ...HOMES,
  ...ERRORS,
]

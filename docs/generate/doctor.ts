/** docs/doctor.md: how `gateway doctor` is used, then each check with its faults, as the code has them. */

import { CHECKS } from '../../cli/doctor/checks/all.ts'
import { CLIENTS } from '../../cli/doctor/clients/all.ts'
import { WAY_FAULTS } from '../../cli/doctor/finding.ts'
import { type Check, type Fault, STAGES, type Stage } from '../../cli/doctor/model/check.ts'
import { FACTS } from '../../cli/doctor/model/facts.ts'
import { code, GENERATED, table } from './markdown.ts'

const INTRODUCTION = `${GENERATED}

# Doctor, health, ssl

Three commands say whether a gateway is well. \`gateway health\` is for machines, \`gateway ssl\` for the certificate,
\`gateway doctor\` for whoever wonders why a client does not connect.

## Doctor

<!-- not run: it takes a minute; tests/long/doctor.test.ts does it -->
\`\`\`sh
gateway doctor                                 # this gateway, as every client
gateway doctor --service memory --client claude
gateway doctor https://mcp.example.com/mcp     # any MCP server
gateway doctor URL --no-login                  # only what needs no login
\`\`\`

It goes the whole way that a client goes, with the requests of that client: the name, the port, the certificate, the
challenge, the metadata, registration, login, token, an MCP session, a tool, refreshes, the logout. What the server says of
itself is believed by nobody: it is checked by using it. Each failure is told in words, with what to do about it.

- **The login.** At a gateway of your own with the \`dev\` login it logs in by itself, as \`doctor\` (\`--user\`). Anywhere else you
  log in once in your browser, as the first client that listens on this machine and registers; what other clients do after a
  login is then not tried. Without a terminal nobody is asked (\`--login\` asks all the same).
- **What was not tried is said**, with the reason. It never counts as well.
- **A tool** is called only where that does no harm: \`echo\`, or one that says that it only reads and needs no arguments.
  \`--tool NAME --arguments JSON\` names another.
- **It cleans up**: registrations are deleted (RFC 7592), tokens revoked, sessions ended. Where a server gives no way to, it says
  what stays. Registrations are named \`gateway doctor (…)\`.
- **No secret is printed**: no code, no token, no client secret, not even where a server quotes one.

\`--json\` prints every finding with \`check\`, \`client\` (null: the same for all), \`status\` (\`passed\`, \`warning\`, \`failed\`,
\`skipped\`), \`fault\`, \`meaning\` and \`cure\`. Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage, 3 no gateway runs. A
warning keeps nobody out, and does not change the exit code.

In front of a service of this gateway it runs in the folder of the gateway, or of \`compose.yaml\`. An authority for development is
trusted by itself there; for others \`NODE_EXTRA_CA_CERTS=FILE\`.

### Clients

`

const HEALTH = `
## Health

\`\`\`sh
gateway health            # each dependency, and how long it took to answer
gateway health --live     # only whether it runs
\`\`\`

The store, each process of each room, the key that signs, how fresh the edge's knowledge of revocations is (older than two seconds
fails), the way through Envoy, the certificate (near its end is a warning, \`--days\`). Beside \`compose.yaml\` it is what Docker says
of each container, and what can be asked from the host. Of several processes of a room one is enough. Exit codes: 0 ready (with
\`--live\`: it lives), 1 not ready, 3 no gateway runs.

## Certificates

<!-- not run: needs https; tests/long/health-and-ssl.test.ts does it -->
\`\`\`sh
gateway ssl               # names, issuer, from, until, chain, key, renewal
gateway ssl --days 30     # exit code 1 when it ends within 30 days
gateway ssl https://mcp.example.com
\`\`\`

It shakes hands with Envoy under every name that is served, and compares what is shown, and what Envoy says it has loaded, with the
files. Exit code 1: expired, near its end, not trusted, or not the one of the files. How certificates come and are renewed:
[certificates](certificates.md).
`

const STAGE_HEADS: Readonly<Record<Stage, string>> = {
  way: 'The way there',
  discovery: 'Discovery',
  login: 'Login',
  mcp: 'MCP',
  renewal: 'Renewal',
  end: 'The end',
}

export function doctorPage(): string {
  return [
    INTRODUCTION,
    clientTable(),
    HEALTH,
    '## Every check\n\n',
    'A fault is named `check.fault`. ✗ keeps the client out, or lets somebody in; ! is a warning.\n\n',
    'Each check can also fail because nothing answers:\n\n',
    faultTable(WAY_FAULTS),
    ...STAGES.flatMap((stage) => [
      `\n### ${STAGE_HEADS[stage]}\n`,
      ...CHECKS.filter((check) => check.stage === stage).map(toSection),
    ]),
  ].join('')
}

function clientTable(): string {
  const rows = CLIENTS.map(({ id, name, opening, document, redirectUri, wire }) => {
    const first = opening === 'none' ? 'the metadata, unasked' : `${opening} without a token`
    const known = document === undefined ? 'registers' : 'a document, or registers'
    const redirect = redirectUri.replace('{port}', 'PORT')
    return [code(id), name, first, known, code(redirect), wire.version]
  })
  const head = ['`--client`', 'is', 'begins with', 'is known by', 'is answered at', 'MCP']
  return `${table(head, rows)}\n`
}

function toSection(check: Check): string {
  const { id, title, about, needs, once, faults } = check
  const needed = needs.map((name) => FACTS[name].words).join(', ')
  return [
    `\n#### ${title} (\`${id}\`)\n\n`,
    `${about}${once === true ? ' The same for every client.' : ''}`,
    needed === '' ? '\n\n' : ` Needs ${needed}.\n\n`,
    faultTable(faults),
  ].join('')
}

function faultTable(faults: Readonly<Record<string, Fault>>): string {
  const rows = Object.entries(faults).map(([name, { severity, meaning, cure }]) => [
    `${severity === 'error' ? '✗' : '!'} ${code(name)}`,
    meaning,
    cure,
  ])
  return `${table(['fault', 'what it means', 'what to do'], rows)}\n`
}

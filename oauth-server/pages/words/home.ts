import { definePage } from './words.ts'

export const home = definePage(
  {
    title: 'Connect your assistant',
    intro:
      'Each service below has an address. Give it to your MCP client; the client brings you back here to log in.',
    signedIn: 'You are signed in as {name}.',
    signedOut: 'You are not signed in. Everybody who is let in here may use these services.',
    signIn: 'Sign in',
    account: 'Your account',
    signOut: 'Sign out',
    services: 'Services',
    none: 'There is no service here that you may use. If there should be one, ask whoever runs this gateway.',
    noneSignedOut: 'Sign in to see the services that you may use.',
    address: 'Address',
    addTo: 'Add it to a client',
    or: 'or in {place}:',
    terminal: 'In a terminal:',
    link: 'Open this link in Cursor',
    selectHint: 'Click or tap a line to select all of it, then copy.',
    loopback:
      'This gateway runs on this machine alone: Claude and ChatGPT on the web cannot reach it. Programs on this machine can.',
    unreachable: 'It runs in the cloud and cannot reach a gateway on this machine.',
    'how-claude':
      'In Claude (web or desktop): Settings, Connectors, “Add custom connector”. Paste this address; leave the advanced settings empty.',
    'how-chatgpt':
      'In ChatGPT: Settings, Connectors (Apps), Advanced: switch developer mode on. Then “Create”: paste this address and choose OAuth.',
    'how-claude-code': 'Then type /mcp in Claude Code and log in.',
    'how-vscode': 'VS Code asks to log in when the server starts.',
    'how-cursor': 'Then press “Login” beside the server in Cursor’s MCP settings.',
    'how-codex': 'The second line logs in.',
    'how-gemini': 'Then type /mcp auth and the name of the server.',
    'how-mcp-remote': 'For every client that starts local programs only.',
    'how-inspector': 'Lists the tools of the service, after the login.',
  },
  {
    title: 'Ihren Assistenten verbinden',
    intro:
      'Jeder Dienst hat eine Adresse. Geben Sie sie Ihrem MCP-Client; er bringt Sie zur Anmeldung hierher zurück.',
    signedIn: 'Sie sind angemeldet als {name}.',
    signedOut:
      'Sie sind nicht angemeldet. Diese Dienste stehen allen offen, die hier Zugang haben.',
    signIn: 'Anmelden',
    account: 'Ihr Konto',
    signOut: 'Abmelden',
    services: 'Dienste',
    none: 'Hier gibt es keinen Dienst, den Sie benutzen dürfen. Wenn es einen geben sollte, fragen Sie die Betreiber dieses Gateways.',
    noneSignedOut: 'Melden Sie sich an, um zu sehen, welche Dienste Sie benutzen dürfen.',
    address: 'Adresse',
    addTo: 'Zu einem Client hinzufügen',
    or: 'oder in {place}:',
    terminal: 'In einem Terminal:',
    link: 'Diesen Link in Cursor öffnen',
    selectHint:
      'Klicken oder tippen Sie auf eine Zeile, um sie ganz auszuwählen; dann kopieren Sie sie.',
    loopback:
      'Dieses Gateway läuft nur auf diesem Rechner: Claude und ChatGPT im Web können es nicht erreichen, Programme auf diesem Rechner schon.',
    unreachable: 'Es läuft in der Cloud und kann ein Gateway auf diesem Rechner nicht erreichen.',
    'how-claude':
      'In Claude (Web oder Desktop): Einstellungen, Konnektoren, „Benutzerdefinierten Konnektor hinzufügen“. Fügen Sie diese Adresse ein; die erweiterten Einstellungen bleiben leer.',
    'how-chatgpt':
      'In ChatGPT: Einstellungen, Konnektoren (Apps), Erweitert: Entwicklermodus einschalten. Dann „Erstellen“: diese Adresse einfügen und OAuth wählen.',
    'how-claude-code': 'Geben Sie danach in Claude Code /mcp ein und melden Sie sich an.',
    'how-vscode': 'VS Code bittet um die Anmeldung, wenn der Server startet.',
    'how-cursor': 'Drücken Sie danach „Login“ neben dem Server in Cursors MCP-Einstellungen.',
    'how-codex': 'Die zweite Zeile meldet Sie an.',
    'how-gemini': 'Geben Sie danach /mcp auth und den Namen des Servers ein.',
    'how-mcp-remote': 'Für jeden Client, der nur lokale Programme startet.',
    'how-inspector': 'Zeigt nach der Anmeldung die Werkzeuge des Dienstes.',
  },
)

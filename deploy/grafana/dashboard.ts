/**
 * The Grafana dashboard as code: `npm run docs` writes `dashboards/mcp-gateway.json`, which is what Grafana
 * reads. A panel is a title, what it asks Prometheus, and a unit.
 */

type Unit = 'short' | 's' | 'reqps' | 'bytes' | 'percentunit' | 'bool_yes_no' | 'dtdurations'

interface Panel {
  readonly title: string
  readonly unit: Unit
  /** PromQL, by the legend of what it yields. */
  readonly queries: Readonly<Record<string, string>>
  /** One number, instead of a course. */
  readonly isNumber?: true
}

interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

const JOB = '{job="mcp-gateway"}'
const PUBLIC = 'envoy_http_conn_manager_prefix="public"'

function rate(name: string, by: string, selector = ''): string {
  return `sum by (${by}) (rate(${name}${selector}[$__rate_interval]))`
}

function quantile(q: number, name: string, by = ''): string {
  const labels = by === '' ? 'le' : `le, ${by}`
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${name}_bucket[$__rate_interval])))`
}

const ROWS: readonly Row[] = [
  {
    title: 'At a glance',
    panels: [
      {
        title: 'Processes that answer',
        unit: 'percentunit',
        queries: { share: `avg(up${JOB})` },
        isNumber: true,
      },
      {
        title: 'Oldest knowledge of revocations',
        unit: 's',
        queries: { staleness: 'max(mcp_gateway_revocation_staleness_seconds)' },
        isNumber: true,
      },
      {
        title: 'Grants',
        unit: 'short',
        queries: { grants: 'sum(max by (service) (mcp_gateway_grants))' },
        isNumber: true,
      },
      {
        title: 'Sessions',
        unit: 'short',
        queries: { sessions: 'sum(mcp_gateway_sessions)' },
        isNumber: true,
      },
      {
        title: 'The certificate ends in',
        unit: 'dtdurations',
        queries: { left: 'min(mcp_gateway_certificate_not_after_timestamp_seconds) - time()' },
        isNumber: true,
      },
      {
        title: 'Age of the key that signs',
        unit: 'dtdurations',
        queries: { age: 'max(mcp_gateway_signing_key_age_seconds)' },
        isNumber: true,
      },
    ],
  },
  {
    title: 'The edge',
    panels: [
      {
        title: 'Answers by class',
        unit: 'reqps',
        queries: {
          '{{envoy_response_code_class}}xx': rate(
            'envoy_http_downstream_rq_xx',
            'envoy_response_code_class',
            `{${PUBLIC}}`,
          ),
        },
      },
      {
        title: 'Decisions by reason',
        unit: 'reqps',
        queries: { '{{reason}}': rate('mcp_gateway_decisions_total', 'reason') },
      },
      {
        title: 'How long a decision takes',
        unit: 's',
        queries: {
          p50: quantile(0.5, 'mcp_gateway_decision_duration_seconds'),
          p99: quantile(0.99, 'mcp_gateway_decision_duration_seconds'),
        },
      },
      {
        title: 'Age of the knowledge of revocations',
        unit: 's',
        queries: { '{{process}}': 'mcp_gateway_revocation_staleness_seconds' },
      },
      {
        title: 'Refused because there were too many',
        unit: 'reqps',
        queries: {
          'at Envoy': 'sum(rate(envoy_http_local_rate_limit_rate_limited[$__rate_interval]))',
          '{{limit}}': rate('mcp_gateway_rate_limited_total', 'limit'),
        },
      },
      {
        title: 'Circuit breakers that are open',
        unit: 'short',
        queries: {
          '{{envoy_cluster_name}}': [
            'max by (envoy_cluster_name) (envoy_cluster_circuit_breakers_default_cx_open)',
            'max by (envoy_cluster_name) (envoy_cluster_circuit_breakers_default_rq_open)',
            'max by (envoy_cluster_name) (envoy_cluster_circuit_breakers_default_rq_pending_open)',
          ].join(' + '),
        },
      },
    ],
  },
  {
    title: 'Logins and tokens',
    panels: [
      {
        title: 'Logins',
        unit: 'reqps',
        queries: {
          '{{provider}} {{outcome}}': rate('mcp_gateway_logins_total', 'provider, outcome'),
        },
      },
      {
        title: 'Consents',
        unit: 'reqps',
        queries: {
          '{{decision}} {{outcome}}': rate('mcp_gateway_consents_total', 'decision, outcome'),
        },
      },
      {
        title: 'Requests for tokens',
        unit: 'reqps',
        queries: {
          '{{grant_type}} {{outcome}}': rate(
            'mcp_gateway_token_requests_total',
            'grant_type, outcome',
          ),
        },
      },
      {
        title: 'Registrations',
        unit: 'reqps',
        queries: {
          '{{change}} {{outcome}}': rate('mcp_gateway_registrations_total', 'change, outcome'),
        },
      },
      {
        title: 'What was revoked',
        unit: 'reqps',
        queries: { '{{what}}': rate('mcp_gateway_revocations_made_total', 'what') },
      },
      {
        title: 'Grants by service',
        unit: 'short',
        queries: { '{{service}}': 'max by (service) (mcp_gateway_grants)' },
      },
      {
        title: 'How long the authorization server takes (p99)',
        unit: 's',
        queries: {
          '{{route}}': quantile(0.99, 'mcp_gateway_oauth_request_duration_seconds', 'route'),
        },
      },
    ],
  },
  {
    title: 'Services',
    panels: [
      {
        title: 'Calls of tools',
        unit: 'reqps',
        queries: {
          '{{service}} {{outcome}}': rate('mcp_gateway_tool_calls_total', 'service, outcome'),
        },
      },
      {
        title: 'How long a tool takes (p95)',
        unit: 's',
        queries: {
          '{{service}}': quantile(0.95, 'mcp_gateway_tool_call_duration_seconds', 'service'),
        },
      },
      {
        title: 'Sessions',
        unit: 'short',
        queries: { '{{service}}': 'sum by (service) (mcp_gateway_sessions)' },
      },
      {
        title: 'Processes of services',
        unit: 'short',
        queries: {
          '{{service}} {{state}}': 'sum by (service, state) (mcp_gateway_service_processes)',
        },
      },
      {
        title: 'Memory of services',
        unit: 'bytes',
        queries: { '{{service}}': 'sum by (service) (mcp_gateway_service_memory_bytes)' },
      },
      {
        title: 'Processes started, and failed',
        unit: 'reqps',
        queries: {
          '{{service}} started': rate('mcp_gateway_process_starts_total', 'service'),
          '{{service}} failed': rate('mcp_gateway_process_failures_total', 'service'),
        },
      },
      {
        title: 'Requests that wait for a place',
        unit: 'short',
        queries: { '{{process}}': 'mcp_gateway_place_waiting' },
      },
      {
        title: 'Servers elsewhere that are reached',
        unit: 'bool_yes_no',
        queries: { '{{service}}': 'min by (service) (mcp_gateway_remote_reachable)' },
      },
    ],
  },
  {
    title: 'Processes and store',
    panels: [
      {
        title: 'Memory',
        unit: 'bytes',
        queries: {
          '{{process}}': `process_resident_memory_bytes${JOB}`,
          envoy: 'envoy_server_memory_physical_size',
        },
      },
      {
        title: 'CPU',
        unit: 'short',
        queries: { '{{process}}': `rate(process_cpu_seconds_total${JOB}[$__rate_interval])` },
      },
      {
        title: 'How late the event loop is',
        unit: 's',
        queries: { '{{process}}': 'mcp_gateway_event_loop_lag_seconds' },
      },
      {
        title: 'The store leaves unanswered',
        unit: 'reqps',
        queries: { '{{process}}': rate('mcp_gateway_store_errors_total', 'process') },
      },
      {
        title: 'Memory of the store',
        unit: 'bytes',
        queries: {
          used: 'max(mcp_gateway_store_memory_bytes)',
          limit: 'max(mcp_gateway_store_memory_limit_bytes)',
        },
      },
      {
        title: 'Parts started again',
        unit: 'short',
        queries: { '{{part}}': 'increase(mcp_gateway_part_restarts_total[1h])' },
      },
    ],
  },
]

const COLUMNS = 24
const NUMBER = { w: 4, h: 4 }
const COURSE = { w: 8, h: 7 }
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

/** As Grafana imports and provisions it. */
export function dashboard(): object {
  return {
    uid: 'mcp-gateway',
    title: 'MCP OAuth Gateway',
    tags: ['mcp', 'oauth'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' }],
    },
    panels: toPanels(),
  }
}

/** Every PromQL expression of the dashboard. */
export function dashboardQueries(): string[] {
  return ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => Object.values(queries)))
}

function toPanels(): object[] {
  const placed: object[] = []
  let y = 0
  for (const { title, panels } of ROWS) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    })
    y += 1
    let x = 0
    let height = 0
    for (const panel of panels) {
      const { w, h } = panel.isNumber === true ? NUMBER : COURSE
      if (x + w > COLUMNS) {
        x = 0
        y += height
      }
      placed.push(toPanel(panel, placed.length + 1, { x, y, w, h }))
      x += w
      height = h
    }
    y += height
  }
  return placed
}

function toPanel({ title, unit, queries, isNumber }: Panel, id: number, gridPos: object): object {
  return {
    id,
    type: isNumber === true ? 'stat' : 'timeseries',
    title,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options:
      isNumber === true
        ? { reduceOptions: { calcs: ['lastNotNull'] } }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  }
}

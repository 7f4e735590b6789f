/** What the dashboard shows: a panel is a title, what it asks Prometheus, and a unit. */

type Unit = 'short' | 's' | 'reqps' | 'bytes' | 'percentunit' | 'bool_yes_no' | 'dtdurations'

export interface Panel {
  readonly title: string
  readonly unit: Unit
  /** PromQL, by the legend of what it yields. */
  readonly queries: Readonly<Record<string, string>>
}

interface Row {
  readonly title: string
  /** Each panel is one number, instead of a course. */
  readonly isOfNumbers?: true
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

/** For a row of numbers: one query, which needs no legend beside the title. */
function number(title: string, unit: Unit, query: string): Panel {
  return { title, unit, queries: { [title]: query } }
}

export const ROWS: readonly Row[] = [
  {
    title: 'At a glance',
    isOfNumbers: true,
    panels: [
      number('Processes that answer', 'percentunit', `avg(up${JOB})`),
      number(
        'Oldest knowledge of revocations',
        's',
        'max(mcp_gateway_revocation_staleness_seconds)',
      ),
      number('Grants', 'short', 'sum(max by (service) (mcp_gateway_grants))'),
      number('Sessions', 'short', 'sum(mcp_gateway_sessions)'),
      number(
        'The certificate ends in',
        'dtdurations',
        'min(mcp_gateway_certificate_not_after_timestamp_seconds) - time()',
      ),
      number(
        'Age of the key that signs',
        'dtdurations',
        'max(mcp_gateway_signing_key_age_seconds)',
      ),
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

/** Every PromQL expression of the dashboard. */
export function dashboardQueries(): string[] {
  return ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => Object.values(queries)))
}

/** What only Envoy's expressions can tell of a request, for the filters of its log and of its own replies. */

/** @param wanted whether the expression has to hold, or must not. */
export function holds(expression: string, wanted = true): object {
  return {
    extension_filter: {
      name: 'envoy.access_loggers.extension_filters.cel',
      typed_config: {
        '@type':
          'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
        expression: wanted ? expression : `!(${expression})`,
      },
    },
  }
}

/** Envoy's own word for why it answered so is one of these. */
export function detailsAre(...details: readonly string[]): string {
  const list = details.map((one) => `'${one}'`).join(', ')
  return `has(response.code_details) && response.code_details in [${list}]`
}

/**
 * The Grafana dashboard as code: `npm run docs` writes `dashboards/mcp-gateway.json`, which is what Grafana
 * reads. What it shows is in panels.ts; here is how Grafana draws it.
 */

import { type Panel, ROWS } from './panels.ts'

const COLUMNS = 24

interface Drawing {
  readonly size: { readonly w: number; readonly h: number }
  readonly type: string
  readonly options: object
}

const NUMBER: Drawing = {
  size: { w: 4, h: 4 },
  type: 'stat',
  options: { reduceOptions: { calcs: ['lastNotNull'] } },
}
const COURSE: Drawing = {
  size: { w: 8, h: 7 },
  type: 'timeseries',
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
}
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

function toPanels(): object[] {
  const placed: object[] = []
  let y = 0
  for (const { title, panels, isOfNumbers = false } of ROWS) {
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
    const drawing = isOfNumbers ? NUMBER : COURSE
    const { w, h } = drawing.size
    for (const panel of panels) {
      if (x + w > COLUMNS) {
        x = 0
        y += h
      }
      placed.push(toPanel(panel, drawing, placed.length + 1, { x, y, w, h }))
      x += w
    }
    y += h
  }
  return placed
}

function toPanel(
  { title, unit, queries }: Panel,
  { type, options }: Drawing,
  id: number,
  gridPos: object,
): object {
  return {
    id,
    type,
    title,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options,
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  }
}

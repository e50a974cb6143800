/** The panels as Grafana reads them (dashboard JSON model, schema version 39). */
import { type Panel, type Row, rows } from './panels.ts';

const WIDTH = 24;
const PANEL = { w: 8, h: 8 } as const;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that puts its variable in.
const datasource = { type: 'prometheus', uid: '${datasource}' } as const;

function graph({ title, unit, queries }: Panel, id: number, at: { x: number; y: number }): object {
  return {
    id,
    type: 'timeseries',
    title,
    datasource,
    gridPos: { ...PANEL, ...at },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 8, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat,
    })),
  };
}

function placed(all: readonly Row[]): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of all) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
      panels: [],
    });
    y += 1;
    const across = WIDTH / PANEL.w;
    for (const [index, panel] of row.panels.entries()) {
      const place = { x: (index % across) * PANEL.w, y: y + Math.floor(index / across) * PANEL.h };
      panels.push(graph(panel, panels.length + 1, place));
    }
    y += Math.ceil(row.panels.length / across) * PANEL.h;
  }
  return panels;
}

/** Asks for a Prometheus data source when it is imported, and shows all instances unless some are chosen. */
export function dashboard(): object {
  return {
    uid: 'thenar',
    title: 'Thenar',
    tags: ['thenar'],
    schemaVersion: 39,
    editable: true,
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'instance',
          label: 'Instance',
          type: 'query',
          datasource,
          query: 'label_values(thenar_build_info, instance)',
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: placed(rows),
  };
}

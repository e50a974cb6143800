/** Plots as data: kept in the result file, drawn by the report. */

export type Scale = 'linear' | 'log' | 'deviate' | 'percentile';

export interface AxisData {
  readonly label: string;
  /** `deviate`: normal deviates of DET plots, values in (0, 1). `percentile`: 0 to 100, stretched towards 100. */
  readonly scale: Scale;
}

export interface SeriesData {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly dots?: boolean;
  readonly dashed?: boolean;
}

export interface PlotData {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: AxisData;
  readonly y: AxisData;
  readonly series: readonly SeriesData[];
  /** Draws x = y: on a DET plot the equal error rate. */
  readonly diagonal?: boolean;
}

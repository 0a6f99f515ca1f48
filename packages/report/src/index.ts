export { batchSizePlot, differencePlot, type PlotSpec } from './plots.ts';
export { type RenderedPlot, renderPlot } from './render.ts';

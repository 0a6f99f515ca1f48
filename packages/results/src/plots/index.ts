export {
  batchSizePlot,
  differencePlot,
  embeddingMapPlot,
  type PlotSpec,
  similarityPlot,
} from './plots.ts';
export { type RenderedPlot, renderPlot } from './render.ts';
export { trialDifferencePlot, trialPlot } from './trial-plots.ts';

export {
  batchSizePlot,
  differencePlot,
  embeddingMapPlot,
  type PlotSpec,
  similarityPlot,
  stepsPlot,
} from './plots.ts';
export { type RenderedPlot, renderPlot } from './render.ts';
export { trialDifferencePlot, trialPlot } from './trial-plots.ts';

/**
 * Whether a stored result is still what its cell would give. A cell's key names a loss and its parameters, not the formula; so
 * the provenance of a result holds what it was computed by, and a result is reused only while that is the same.
 */
import type { Dataset } from '@clce/datasets';
import { TraceError } from '@clce/engine';
import { sourcesOf } from './source-hash.ts';
import type { CellSpec } from './suite/cell.ts';
import { graphHash, isTraced, type TracedSpec } from './training/graph-hash.ts';

/** What a result was computed by. */
export interface Code {
  /** See `sourcesOf`. */
  readonly sources: string;
  /** See `graphHash`; absent for cells that run no graph of this project, and where the graph cannot be traced. */
  readonly graph?: string;
}

export type Verdict =
  /** Nothing that the result depends on has changed. */
  | { readonly state: 'same' }
  /** Sources have changed and the graph has not: a result of this code, too. */
  | { readonly state: 'same-graph'; readonly code: Required<Code> }
  | { readonly state: 'changed'; readonly reason: string };

/** What this process computes the cell by. */
export async function codeOf(spec: CellSpec, load: () => Promise<Dataset>): Promise<Code> {
  const sources = sourcesOf(spec);
  if (!isTraced(spec)) return { sources };
  const { graph } = await traced(spec, load);
  return { sources, ...(graph !== undefined && { graph }) };
}

/**
 * Compares what a result was computed by with what this process would compute it by. A graph is traced only where sources
 * differ.
 *
 * @param recorded by the result's provenance
 */
export async function judge(
  spec: CellSpec,
  recorded: Partial<Code>,
  load: () => Promise<Dataset>,
): Promise<Verdict> {
  const sources = sourcesOf(spec);
  if (!isTraced(spec) || recorded.sources === sources) return { state: 'same' };
  const changed = (reason: string): Verdict => ({ state: 'changed', reason });
  const name = graphName(spec);
  if (recorded.sources === undefined) return changed(`its provenance has no hash of the ${name}`);
  const { graph, error } = await traced(spec, load);
  if (graph === undefined) return changed(`the ${name} may have changed since this result: ${error}`);
  if (graph === recorded.graph) return { state: 'same-graph', code: { sources, graph } };
  return changed(`the ${name} has changed since this result`);
}

async function traced(
  spec: TracedSpec,
  load: () => Promise<Dataset>,
): Promise<{ readonly graph?: string; readonly error?: string }> {
  try {
    return { graph: await graphHash(spec, load) };
  } catch (error) {
    if (error instanceof TraceError) return { error: error.message };
    throw error;
  }
}

function graphName(spec: TracedSpec): string {
  return spec.kind === 'training'
    ? `training graph of loss ${spec.loss.name} on ${spec.backbone}`
    : `graph of ${spec.extractor.name}`;
}

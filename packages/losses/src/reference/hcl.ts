import { dot, type Matrix, zerosLike } from './matrix.ts';
import { normalizeRows, throughNormalization } from './normalize.ts';

/** ../terms/hcl.ts in float64, one anchor at a time. Without logarithms it is exact for temperatures from about 0.05. */
export interface ReferenceHclOptions {
  readonly temperature: number;
  readonly hardness: number;
  readonly tauPlus: number;
}

export interface ReferenceHcl {
  readonly value: number;
  readonly gradientA: number[][];
  readonly gradientB: number[][];
}

export function referenceHcl(
  viewA: Matrix,
  viewB: Matrix,
  { temperature, hardness, tauPlus }: ReferenceHclOptions,
): ReferenceHcl {
  const rows = [...viewA, ...viewB];
  const n = rows.length;
  const samples = viewA.length;
  const z = normalizeRows(rows);
  const atUnit = zerosLike(rows);
  let value = 0;
  for (let i = 0; i < n; i++) {
    const partner = (i + samples) % n;
    const negatives = z.map((_, k) => k).filter((k) => k !== i && k !== partner);
    const count = negatives.length;
    if (count === 0) continue;
    const exponential = (j: number) => Math.exp(dot(z[i]!, z[j]!) / temperature);
    const positive = exponential(partner);
    const hard = negatives.map((k) => exponential(k) ** (1 + hardness));
    const base = negatives.map((k) => exponential(k) ** hardness);
    const sumHard = hard.reduce((sum, x) => sum + x, 0);
    const sumBase = base.reduce((sum, x) => sum + x, 0);
    const reweighted = (count * sumHard) / sumBase;
    const debiased = (reweighted - tauPlus * count * positive) / (1 - tauPlus);
    const floor = count * Math.exp(-1 / temperature);
    const total = positive + Math.max(debiased, floor);
    value -= Math.log(positive / total) / n;

    const atNegatives = debiased > floor ? 1 / (total * (1 - tauPlus)) : 0;
    const derivative = (j: number, atSimilarity: number) => {
      for (let c = 0; c < z[i]!.length; c++) {
        atUnit[i]![c]! += (atSimilarity * z[j]![c]!) / (n * temperature);
        atUnit[j]![c]! += (atSimilarity * z[i]![c]!) / (n * temperature);
      }
    };
    derivative(partner, positive / total - 1 - atNegatives * tauPlus * count * positive);
    for (const [k, other] of negatives.entries()) {
      const ofReweighted = ((1 + hardness) * hard[k]!) / sumHard - (hardness * base[k]!) / sumBase;
      derivative(other, atNegatives * reweighted * ofReweighted);
    }
  }
  const gradient = throughNormalization(rows, atUnit);
  return { value, gradientA: gradient.slice(0, samples), gradientB: gradient.slice(samples) };
}

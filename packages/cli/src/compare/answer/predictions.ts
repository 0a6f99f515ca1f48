/** What each method says of each tested picture, in all folds and seeds. */
import type { Dataset } from '@clce/datasets';
import { testedRows } from '@clce/experiments';
import { csvLines } from '@clce/text';
import type { StoredCell } from './stored-cells.ts';

/** A tested picture. */
export interface TestedPicture {
  /** Row of the data set. */
  readonly row: number;
  readonly path: string;
  /** Name of its class. */
  readonly label: string;
  /** Names of the predicted classes by method, one for each seed. */
  readonly predicted: ReadonlyMap<string, readonly string[]>;
}

/** The predictions of a classifier, in the order of the data set. @param cells of the confirmation; baselines are left out */
export function predictionsIn(
  cells: readonly StoredCell[],
  dataset: Dataset,
  classifier: string,
): TestedPicture[] {
  const pictures = new Map<number, Map<string, string[]>>();
  for (const { spec, facts, result } of cells) {
    const score = result.scores.find((one) => one.classifier === classifier);
    if (facts.kind !== 'training' || score?.kind !== 'transfer' || score.predicted === undefined) continue;
    for (const [at, row] of testedRows(dataset, spec).entries()) {
      const ofPicture = pictures.get(row) ?? new Map<string, string[]>();
      const name = score.classes[score.predicted[at]!]!;
      pictures.set(row, ofPicture.set(facts.loss, [...(ofPicture.get(facts.loss) ?? []), name]));
    }
  }
  return [...pictures]
    .toSorted(([one], [other]) => one - other)
    .map(([row, predicted]) => {
      const { id: path, label } = dataset.samples[row]!;
      return { row, path, label: dataset.classNames[label]!, predicted };
    });
}

/** A line a picture: its path, its class, and what each method says in each seed. */
export function picturesCsv(pictures: readonly TestedPicture[], methods: readonly string[]): string {
  const lines = pictures.map(({ path, label, predicted }) => [
    ...[path, label],
    ...methods.map((method) => (predicted.get(method) ?? []).join(' | ')),
  ]);
  return csvLines(['path', 'class', ...methods], lines);
}

/** A line a class: its pictures, and the accuracy of each method in percent. */
export function classesCsv(pictures: readonly TestedPicture[], methods: readonly string[]): string {
  const labels = [...new Set(pictures.map(({ label }) => label))].toSorted();
  const lines = labels.map((label) => {
    const own = pictures.filter((picture) => picture.label === label);
    const accuracy = (method: string) => {
      const said = own.flatMap(({ predicted }) => predicted.get(method) ?? []);
      return said.length === 0
        ? undefined
        : (100 * said.filter((name) => name === label).length) / said.length;
    };
    return [label, own.length, ...methods.map(accuracy)];
  });
  return csvLines(['class', 'pictures', ...methods], lines);
}

/** The confusion matrices: a line for each method, class and predicted class that occur, with the number of predictions. */
export function confusionCsv(pictures: readonly TestedPicture[], methods: readonly string[]): string {
  const lines = methods.flatMap((method) => {
    const counts = new Map<string, Map<string, number>>();
    for (const { label, predicted } of pictures) {
      const ofLabel = counts.get(label) ?? new Map<string, number>();
      counts.set(label, ofLabel);
      for (const name of predicted.get(method) ?? []) ofLabel.set(name, (ofLabel.get(name) ?? 0) + 1);
    }
    return [...counts].flatMap(([label, said]) =>
      [...said].map(([name, count]) => [method, label, name, count]),
    );
  });
  return csvLines(['method', 'class', 'predicted', 'predictions'], lines);
}

/** The pictures that `right` gets right in every seed and `wrong` in none. */
export function onlyRight(pictures: readonly TestedPicture[], right: string, wrong: string): TestedPicture[] {
  return pictures.filter(({ label, predicted }) => {
    const [ours, theirs] = [predicted.get(right) ?? [], predicted.get(wrong) ?? []];
    return (
      ours.length > 0 && theirs.length > 0 && ours.every((name) => name === label) && !theirs.includes(label)
    );
  });
}

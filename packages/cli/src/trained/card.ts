/** The card of saved weights, in Markdown: how they were made, what they were tested on, and how they are used. */
import { join } from 'node:path';
import { getBackbone } from '@clce/backbones';
import type { Dataset } from '@clce/datasets';
import { type TrainingSpec, writeYaml } from '@clce/experiments';
import type { CellResult, TransferScore } from '@clce/results';
import { mean } from '@clce/statistics';
import { markdownText, shellWord } from '@clce/text';
import type { PyTorchModel } from './pytorch.ts';

export interface TrainedNetwork {
  readonly spec: TrainingSpec;
  readonly key: string;
  /** Title of the loss. */
  readonly title: string;
  /** The whole result of these very weights. */
  readonly result: CellResult;
  readonly metadata: Readonly<Record<string, string>>;
  /** The answer of the comparison, in a sentence for each score. */
  readonly headlines: readonly string[];
  /** The data set with the sides of the cell. */
  readonly sides: Dataset;
  /** Whether the result is the compared one, byte for byte. */
  readonly isSame: boolean;
}

export interface CardPlaces {
  /** The folder of weights and card. */
  readonly folder: string;
  readonly program: string | undefined;
  readonly model: PyTorchModel | undefined;
}

export function cardText(network: TrainedNetwork, places: CardPlaces): string {
  const { title, spec, metadata } = network;
  return `${[
    `# ${markdownText(`${spec.backbone} trained with ${title} on ${spec.dataset.name}`)}`,
    `\`best.safetensors\` holds the network with its classifier. Its metadata has the classes in order, and how a picture becomes pixels.`,
    ...network.headlines.map(markdownText),
    ...madeLines(network),
    ...testedLines(network),
    ...untestedLines(network),
    ...useLines(metadata, places),
    ...licenceLines(network),
  ].join('\n\n')}\n`;
}

function madeLines({ spec, key, sides, isSame }: TrainedNetwork): string[] {
  const { loss, recipe, batchSize, seed, dataset, engine } = spec;
  const trained = sides.samples.filter(
    ({ label, partition = 'train' }) => partition === 'train' && sides.split.base.includes(label),
  ).length;
  const settings = { loss, recipe, batchSize, seed, imageSize: dataset.imageSize, engine };
  return [
    '## How it was made',
    `It was trained on ${trained} pictures of ${sides.split.base.length} classes${foldText(spec)}, as cell \`${key}\`:`,
    fenced('yaml', writeYaml(settings)),
    `Command: \`./clce ${process.argv.slice(2).map(shellWord).join(' ')}\``,
    isSame
      ? 'Its result is the compared one, byte for byte.'
      : 'The engine gave another result than in the comparison when it trained the cell once more. The figures below are of these weights.',
  ];
}

/** Folds are counted from 0, as in tables. */
function foldText({ dataset: { split } }: TrainingSpec): string {
  return split?.folds === undefined ? '' : `, all but fold ${split.fold} of ${split.folds}`;
}

function headOf({ result }: TrainedNetwork): TransferScore | undefined {
  return result.scores.find(
    (score): score is TransferScore => score.kind === 'transfer' && score.classifier === 'head',
  );
}

function testedLines(network: TrainedNetwork): string[] {
  const score = headOf(network);
  const heading = '## What it was tested on';
  if (score === undefined) {
    const why =
      network.metadata['head'] === 'untrained'
        ? 'The loss trains features alone. The classifier in the file is not trained, and "./clce predict" refuses it'
        : 'The comparison measured new classes, and no new pictures of the trained ones. Nothing is known of the accuracy of the classifier in the file';
    return [heading, `${why}. The features were tested as the comparison says.`];
  }
  const { classes, correct, tested } = score;
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const shares = classes.flatMap((_, at) => (tested[at] === 0 ? [] : [correct[at]! / tested[at]!]));
  const rows = classes.map(
    (name, at) => `| ${at} | ${markdownText(name)} | ${tested[at]} | ${correct[at]} |`,
  );
  return [
    heading,
    `This very network says the right class of ${sum(correct)} of ${sum(tested)} pictures that it was not trained on: ${percent(sum(correct) / sum(tested))} of the pictures, ${percent(mean(shares))} as the mean over classes.`,
    ['| output | class | pictures | right |', '| ---: | --- | ---: | ---: |', ...rows].join('\n'),
  ];
}

function untestedLines(network: TrainedNetwork): string[] {
  const error = headOf(network)?.calibrationError;
  const calibration =
    error === undefined
      ? 'Nothing is known of how well its probabilities fit.'
      : `Its probabilities are off by ${percent(error)} on average on the tested pictures (expected calibration error); they were not corrected.`;
  return [
    '## What it was not tested on',
    [
      '- Pictures of other origin: another camera, light, place or time than those of the folder.',
      '- Pictures of no trained class. Every picture gets one of the classes above.',
      `- ${calibration}`,
      '- The loss was chosen by a comparison in which the tested pictures took part, so a choice among many losses makes this accuracy look a little better than it is.',
    ].join('\n'),
  ];
}

function useLines(metadata: TrainedNetwork['metadata'], { folder, program, model }: CardPlaces): string[] {
  const { architecture = '', imageSize, mean: means, std, resizing, head } = metadata;
  const pixels = `A picture becomes ${imageSize} × ${imageSize} pixels by \`${resizing}\`. Its values from 0 to 1 are normalised by the mean ${means} and the deviation ${std} of red, green and blue.`;
  const heading = '## How it is used';
  if (head === 'untrained') return [heading, pixels];
  const lines = [
    heading,
    `    ./clce predict FOLDER --weights ${shellWord(join(folder, 'best.safetensors'))} --out predictions.csv`,
    pixels,
  ];
  if (model === undefined) {
    return [
      ...lines,
      `Neither torchvision nor timm builds ${architecture} with these tensors, so there is no program for PyTorch here. A comparison of --backbone resnet18 has one.`,
    ];
  }
  if (program === undefined) return lines;
  const untested = model.module === 'timm' ? ' No test of this project runs it with timm.' : '';
  return [
    ...lines,
    `The same in PyTorch with ${model.module}, as \`best.py\`.${untested}`,
    fenced('python', program),
    `The logits are the same for pictures of ${imageSize} × ${imageSize} pixels. Pillow scales other pictures with slightly other rounding, and enlarges smaller ones by another rule (docs/compare.md has measured differences). \`./clce predict --against\` counts the answers that differ on your pictures, and warns above 1 %:`,
    [
      `    python3 ${shellWord(join(folder, 'best.py'))} FOLDER > theirs.csv`,
      `    ./clce predict FOLDER --weights ${shellWord(join(folder, 'best.safetensors'))} --against theirs.csv`,
    ].join('\n'),
  ];
}

function licenceLines({ spec: { backbone, weights } }: TrainedNetwork): string[] {
  const { bundled } = getBackbone(backbone);
  const start =
    weights === undefined
      ? 'Training started from random weights.'
      : bundled === undefined
        ? `Training started from the file with SHA-256 \`${weights}\`. The licence of that file binds these weights, too.`
        : `Training started from pretrained weights: ${bundled.source}, or the file with SHA-256 \`${weights}\` that --backbone names. Their licence binds these weights, too.`;
  return ['## Licence', `${start} The rights in the pictures are yours to look after.`];
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

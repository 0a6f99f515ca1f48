/** What the card says in each case, and that names of classes stay names. */
import { getBackbone } from '@clce/backbones';
import type { Dataset } from '@clce/datasets';
import type { TransferScore } from '@clce/results';
import { describe, expect, it } from 'vitest';
import { cardText, type TrainedNetwork } from './card.ts';
import { pyTorchModel, pyTorchProgram } from './pytorch.ts';

const HOSTILE = 'a | b `c` <i>';
const resizing = { fit: 'cover', interpolation: 'lanczos', cropFraction: 1, orientation: 'exif' } as const;
const head: TransferScore = {
  ...{ kind: 'transfer', classifier: 'head', classes: ['cats', HOSTILE], correct: [9, 2], tested: [10, 4] },
  calibrationError: 0.125,
};

function network(backbone: string, change: Partial<TrainedNetwork> = {}): TrainedNetwork {
  const samples = [0, 0, 0, 1, 1].map((label, at) => ({
    ...{ id: `${at}`, label },
    partition: at === 0 ? ('test' as const) : ('train' as const),
  }));
  return {
    spec: {
      ...{ kind: 'training', numericsVersion: 1, backbone, batchSize: 8, seed: 0, engine: 'onnx' },
      dataset: {
        ...{ name: 'photos', manifestHash: 'f00', imageSize: 64 },
        split: { rule: 1, side: 'confirmation', fold: 0, folds: 4 },
      },
      loss: { name: 'ce', parameters: {} },
      recipe: { learningRate: 0.01 },
      protocol: {},
    } as unknown as TrainedNetwork['spec'],
    key: 'abc',
    title: 'CE',
    result: { scores: [head], training: null, quality: null },
    metadata: {
      ...{ architecture: backbone, imageSize: '64', mean: '[0.5,0.5,0.5]', std: '[1,1,1]', head: 'trained' },
      resizing: JSON.stringify(resizing),
    },
    headlines: ['Keep CE: nothing is better by 1 point or more.'],
    sides: { samples, split: { base: [0, 1], validation: [], novel: [] } } as unknown as Dataset,
    isSame: true,
    ...change,
  };
}

const program = (architecture: string) => {
  const model = pyTorchModel(architecture);
  const deployment = {
    ...{ architecture, classes: ['cats', HOSTILE], imageSize: 64, resizing },
    normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } as const,
  };
  return { model, program: model && pyTorchProgram(model, deployment, 'best.safetensors') };
};
const card = (backbone: string, change: Partial<TrainedNetwork> = {}) =>
  cardText(network(backbone, change), { folder: 'compare-my photos', ...program(backbone) });

describe('the card', () => {
  it('has the accuracy of the very network, by class in the order of the outputs', () => {
    const text = card('resnet18');
    expect(text).toContain('trained on 4 pictures of 2 classes, all but fold 0 of 4');
    expect(text).toContain(
      '11 of 14 pictures that it was not trained on: 78.6 % of the pictures, 70.0 % as the mean',
    );
    expect(text).toContain('| 0 | cats | 10 | 9 |\n| 1 | a \\| b \\`c\\` &lt;i&gt; | 4 | 2 |');
    expect(text).toContain('off by 12.5 % on average');
    expect(text).toContain('Keep CE: nothing is better');
    expect(text).toContain("--weights 'compare-my photos/best.safetensors'");
  });

  it('has the whole program, or says that there is none', () => {
    const text = card('resnet18');
    expect(text).toContain('net = torchvision.models.resnet18(num_classes=len(classes))');
    expect(text).toContain('ImageOps.exif_transpose');
    expect(text).not.toContain('No test of this project runs it');
    expect(card('vit-small-mean')).toMatch(
      /No test of this project runs it with timm[^`]*```python[^`]*global_pool='avg'/,
    );
    for (const name of ['conv4', 'mobilenetv2-openimages', 'beit3-base']) {
      expect(card(name)).toContain(`Neither torchvision nor timm builds ${name} with these tensors`);
      expect(card(name)).not.toContain('```python');
    }
  });

  it('says where nothing is known of the classifier', () => {
    const noScore = { result: { scores: [], training: null, quality: null } };
    expect(card('resnet18', noScore)).toContain(
      'Nothing is known of the accuracy of the classifier in the file',
    );
    const { metadata } = network('resnet18');
    const untrained = { ...noScore, metadata: { ...metadata, head: 'untrained' } };
    expect(card('resnet18', untrained)).toContain('"./clce predict" refuses it');
    expect(card('resnet18', untrained)).not.toContain('./clce predict FOLDER');
  });

  it('names what training started from', () => {
    expect(card('conv4')).toContain('Training started from random weights.');
    const started = (backbone: string) =>
      card(backbone, { spec: { ...network(backbone).spec, weights: 'beef' } });
    expect(started('resnet18')).toContain('the file with SHA-256 `beef`. The licence of that file');
    expect(started('mobilenetv2-openimages')).toContain(
      getBackbone('mobilenetv2-openimages').bundled!.source,
    );
  });

  it('says so where the engine gave another result', () => {
    expect(card('conv4')).toContain('byte for byte');
    expect(card('conv4', { isSame: false })).toMatch(
      /gave another result .* The figures below are of these weights\./,
    );
  });
});

describe('the program', () => {
  it('has the crop and kernel of the weights', () => {
    const model = pyTorchModel('resnet50')!;
    const other = {
      fit: 'fill',
      interpolation: 'bicubic',
      cropFraction: 0.875,
      orientation: 'stored',
    } as const;
    const deployment = {
      ...{ architecture: 'resnet50', classes: ['a'], imageSize: 64, resizing: other },
      normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } as const,
    };
    const text = pyTorchProgram(model, deployment, 'best.safetensors');
    expect(text).toContain('side = width = height = int(size / 0.875)');
    expect(text).toContain('Image.Resampling.BICUBIC');
    expect(text).not.toContain('exif_transpose');
  });
});

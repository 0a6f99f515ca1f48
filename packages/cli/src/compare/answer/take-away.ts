/** The chosen settings of a loss, as YAML and as lines of a PyTorch training program. */
import { type Method, type Preset, recipeOf, titleOf, writeYaml } from '@clce/experiments';
import { getLoss } from '@clce/losses';

/** The method under a title of its own: that of a loss alone is kept for the loss at its defaults. */
export function asTuned(method: Method): Method {
  return { ...method, title: `${titleOf(method)}, tuned` };
}

/** A YAML file for `--config`: the methods as they were chosen. */
export function settingsYaml(methods: readonly Method[]): string {
  return writeYaml({ losses: methods.map(asTuned) });
}

/** Criterion, optimiser and batches. A loss that `python/clce.py` does not have is named alone. */
export function settingsPython(method: Method, preset: Preset): string {
  const backbone = preset.backbones[0]!;
  const recipe = recipeOf(preset, backbone, method);
  const { learningRate, weightDecay, warmup, samplesPerClass, labelSmoothing, budget } = recipe;
  const steps = 'steps' in budget ? `${budget.steps} steps` : 'training';
  const batch = preset.batchSizes[0]!;
  const drawn =
    samplesPerClass === undefined
      ? 'shuffled'
      : `${samplesPerClass} of each of ${batch / samplesPerClass} classes`;
  return [
    ...criterion(method, labelSmoothing),
    `optimizer = torch.optim.AdamW(parameters, lr=${learningRate}, weight_decay=${weightDecay})  # decay of weights alone, not of norms and biases`,
    `# the rate rises over ${Math.round(100 * warmup)} % of ${steps}, then falls to 0 along half a cosine`,
    `# batches of ${batch} pictures, ${drawn}: the batch that the criterion compares`,
  ].join('\n');
}

/** Python's names of the classes in python/clce.py. */
const CLASSES: Readonly<Record<string, string>> = { clce: 'CLCE', 'ce+supcon': 'CESupCon' };
const NAMES: Readonly<Record<string, string>> = {
  lambda: 'lambda_',
  detachWeights: 'detach_weights',
  labelSmoothing: 'label_smoothing',
};

function criterion({ name, parameters }: Method, labelSmoothing = 0): string[] {
  const loss = getLoss(name);
  const smoothed = 'labelSmoothing' in loss.defaults ? { labelSmoothing } : {};
  const values = { ...loss.defaults, ...smoothed, ...parameters };
  if (name === 'ce')
    return [
      `criterion = torch.nn.CrossEntropyLoss(${argument('labelSmoothing', values['labelSmoothing']!)})`,
    ];
  const made = CLASSES[name];
  if (loss.id !== undefined || made === undefined)
    return [`# criterion: ${loss.title}, which python/clce.py does not have`];
  const listed = Object.entries(values).map(([entry, value]) => argument(entry, value));
  return [`from clce import ${made}  # python/clce.py`, `criterion = ${made}(${listed.join(', ')})`];
}

function argument(entry: string, value: unknown): string {
  const literal = typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);
  return `${NAMES[entry] ?? entry}=${literal}`;
}

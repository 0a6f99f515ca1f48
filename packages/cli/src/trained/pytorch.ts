/** A Python program that gives the answers of saved weights, for the architectures that torchvision or timm builds. */
import type { Deployment } from '@clce/experiments';

export interface PyTorchModel {
  readonly module: 'torchvision' | 'timm';
  /** The expression that builds the network. `classes` and `size` are variables of the program. */
  readonly built: string;
}

/** Undefined where neither library has the architecture with the same tensors. */
export function pyTorchModel(architecture: string): PyTorchModel | undefined {
  if (/^resnet(18|34|50|101)$/.test(architecture)) {
    return { module: 'torchvision', built: `torchvision.models.${architecture}(num_classes=len(classes))` };
  }
  if (architecture === 'mobilenetv2') {
    return { module: 'timm', built: `timm.create_model('mobilenetv2_100', num_classes=len(classes))` };
  }
  const [, size, mean] = /^vit-(tiny|small|base|large)(-mean)?$/.exec(architecture) ?? [];
  if (size === undefined) return undefined;
  const pooled = mean === undefined ? '' : ", global_pool='avg'";
  return {
    module: 'timm',
    built: `timm.create_model('vit_${size}_patch16_224', img_size=size, num_classes=len(classes)${pooled})`,
  };
}

/**
 * The whole program. It needs PyTorch, Pillow and the library of the model; it reads safetensors by the format's description.
 *
 * @param file name of the weights, in the folder of the program
 */
export function pyTorchProgram(
  { module, built }: PyTorchModel,
  deployment: Deployment,
  file: string,
): string {
  return `"""Classes of pictures by the weights in ${file}: python3 ${file.replace(/\.safetensors$/, '.py')} FOLDER > predictions.csv"""
import csv, json, struct, sys
from pathlib import Path
import torch, ${module}
from PIL import Image, ImageOps

def read(path):
    raw = Path(path).read_bytes()
    start = 8 + struct.unpack('<Q', raw[:8])[0]
    header = json.loads(raw[8:start])
    about = header.pop('__metadata__')
    def tensor(shape, data_offsets, dtype):
        begin, end = data_offsets
        return torch.frombuffer(bytearray(raw[start + begin:start + end]), dtype=torch.float32).reshape(shape)
    return {name: tensor(**entry) for name, entry in header.items()}, about

weights, about = read(Path(__file__).with_name(${JSON.stringify(file)}))
classes = json.loads(about['classes'])  # in the order of the logits
size = int(about['imageSize'])
mean, std = (torch.tensor(json.loads(about[name])).reshape(3, 1, 1) for name in ('mean', 'std'))
net = ${built}
net.load_state_dict(weights)
net.eval()

def pixels(path):
    image = Image.open(path)
${preprocessing(deployment).replaceAll(/^/gm, '    ')}
    rgb = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).reshape(size, size, 3).permute(2, 0, 1)
    return (rgb / 255 - mean) / std

def logits(path):
    with torch.inference_mode():
        return net(pixels(path)[None])[0]

def predict(path):
    """The name of the class, and its probability."""
    shares = logits(path).softmax(0)
    best = int(shares.argmax())
    return classes[best], float(shares[best])

if __name__ == '__main__':
    folder, out = Path(sys.argv[1]), csv.writer(sys.stdout)
    out.writerow(['path', 'class', 'probability'])
    for path in sorted(file for file in folder.rglob('*') if file.is_file() and not file.name.startswith('.')):
        try:
            out.writerow([path.relative_to(folder).as_posix(), *predict(path)])
        except OSError as error:  # no picture, or a broken one
            print(f'{path}: {error}', file=sys.stderr)
`;
}

const FILTERS = { bilinear: 'BILINEAR', bicubic: 'BICUBIC', lanczos: 'LANCZOS' } as const;

/**
 * Pillow's lines for the same crop and kernel. Both widen the kernel for smaller pictures, after a reduction by a whole
 * factor from four times the size on, and cut the larger half of an odd margin off at the left and the top.
 */
function preprocessing({ resizing }: Deployment): string {
  const { fit, interpolation, cropFraction, orientation } = resizing;
  const kernel = `Image.Resampling.${FILTERS[interpolation]}`;
  const side = cropFraction === 1 ? 'size' : `int(size / ${cropFraction})`;
  return [
    ...(orientation === 'exif' ? ['image = ImageOps.exif_transpose(image)  # as a viewer shows it'] : []),
    "image = image.convert('RGB')",
    ...(fit === 'cover'
      ? [
          `side = ${side}  # of the shorter side`,
          'scale = side / min(image.size)',
          'width, height = (max(side, round(length * scale)) for length in image.size)',
        ]
      : [`side = width = height = ${side}`]),
    `image = image.resize((width, height), ${kernel}, reducing_gap=2)`,
    'left, top = ((length - side + 1) // 2 + (side - size + 1) // 2 for length in (width, height))',
    'image = image.crop((left, top, left + size, top + size))',
  ].join('\n');
}

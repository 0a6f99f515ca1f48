import { kernel } from '../kernel.ts';
import { matMul } from '../mat-mul.ts';

kernel<{ transposeA: boolean; transposeB: boolean }>('BatchMatMul', ({ inputs, attrs }) => {
  const a = inputs['a']!;
  const b = inputs['b']!;
  // TensorFlow.js passes a matrix as a batch of one.
  return matMul(a, b, attrs.transposeA, attrs.transposeB);
});

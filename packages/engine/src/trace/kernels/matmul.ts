import { kernel } from '../kernel.ts';
import { matMul } from '../mat-mul.ts';

kernel<{ transposeA: boolean; transposeB: boolean }>('BatchMatMul', ({ inputs, attrs }) => {
  const a = inputs['a']!;
  const b = inputs['b']!;
  // TensorFlow.js hands matrices over as batches of one; two such are one Gemm.
  return matMul(a, b, attrs.transposeA, attrs.transposeB);
});

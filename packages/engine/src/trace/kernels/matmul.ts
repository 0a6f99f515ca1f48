import { kernel } from '../kernel.ts';
import { matMul } from '../mat-mul.ts';

kernel<{ transposeA: boolean; transposeB: boolean }>('BatchMatMul', ({ inputs, attrs }) => {
  const a = inputs['a']!;
  const b = inputs['b']!;
  return matMul(a, b, attrs.transposeA, attrs.transposeB);
});

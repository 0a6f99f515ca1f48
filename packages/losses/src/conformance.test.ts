import { describeConformance } from './conformance.ts';
import { evaluateOnCpu } from './cpu-evaluation.ts';

describeConformance('TensorFlow.js cpu', evaluateOnCpu);

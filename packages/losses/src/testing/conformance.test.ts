import { getEngine } from '@clce/engine';
import { describeConformance } from './conformance.ts';
import { evaluateOnCpu } from './cpu-evaluation.ts';
import { evaluateOn } from './engine-evaluation.ts';

describeConformance('TensorFlow.js cpu', evaluateOnCpu);
describeConformance('the native engine', evaluateOn(await getEngine('onnx').start({ threads: 1 })));

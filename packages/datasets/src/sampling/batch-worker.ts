/** The program of a loader's thread, which prepares batches. */
import { parentPort, workerData } from 'node:worker_threads';
import { recordOfError } from '@clce/registry';
import { type BatchAnswer, type BatchRequest, buffersOf } from './batch-loader.ts';
import { type TrainingOptions, trainingBatches } from './batches.ts';

const { batchAt } = trainingBatches(workerData as TrainingOptions);

parentPort!.on('message', ({ step, reuse }: BatchRequest) => {
  let answer: BatchAnswer;
  try {
    answer = { step, batch: batchAt(step, reuse) };
  } catch (error) {
    answer = { step, error: recordOfError(error) };
  }
  parentPort!.postMessage(answer, 'batch' in answer ? buffersOf(answer.batch) : []);
});

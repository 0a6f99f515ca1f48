/** Whether a data set has what a protocol needs, before the first cell runs. */
import type { Dataset } from '@clce/datasets';
import { checkEpisodes } from './few-shot.ts';
import type { Preset } from './suite.ts';
import { checkTransfer } from './transfer.ts';

/** @throws DatasetError naming what the data set lacks */
export function checkProtocol(protocol: Preset['protocol'], dataset: Dataset): void {
  if (protocol.kind === 'few-shot') checkEpisodes(protocol, dataset);
  else checkTransfer(protocol, dataset);
}

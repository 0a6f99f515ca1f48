/** `clce data look`: a folder of pictures, before anything is trained. */
import { lookAtPictures, noAnswer } from '@clce/datasets';
import { UserError } from '@clce/registry';
import { printData } from '../print/data.ts';
import { pictureReport } from '../print/pictures/picture-report.ts';

interface LookOptions {
  readonly groupPattern?: string;
  readonly groups?: string;
  readonly skipBroken?: boolean;
  readonly json?: boolean;
}

export async function look(folder: string, options: LookOptions): Promise<void> {
  const { groupPattern, groups: file, skipBroken, json } = options;
  if (groupPattern !== undefined && file !== undefined) {
    throw new UserError('--group-pattern and --groups both say which pictures belong together; give one');
  }
  const groups =
    groupPattern !== undefined ? { pattern: groupPattern } : file !== undefined ? { file } : undefined;
  let shown = 0;
  const found = await lookAtPictures(folder, {
    groups,
    skipBroken,
    onProgress(done, total) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth > shown && total >= 1000) console.error(`reading ${total} pictures: ${10 * tenth} %`);
      shown = tenth;
    },
  });
  if (json === true) printData(JSON.stringify(found, null, 2));
  else console.log(pictureReport(found));
  const error = noAnswer(found);
  if (error !== undefined) throw error;
}

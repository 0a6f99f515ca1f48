import { fileURLToPath } from 'node:url';
import { type DatasetSource, indexPictures } from '@clce/datasets/define';

/** Say in a sentence what a class is and what a sample is. */
const source: DatasetSource = {
  name: 'my-own',
  title: 'my-own',
  description: 'What the pictures show, who made them, how they were chosen.',
  license: 'whose pictures these are, and what may be done with them',
  citation: 'how to cite them',
  splitRule: {
    rule: 'Folders base, validation and novel, or train and test; otherwise 64 / 16 / 20 % of the classes by a hash.',
    source: 'indexPictures of @clce/datasets',
  },
  distributions: [
    {
      name: 'pictures',
      files: [],
      // The folder of this name beside this file, with a folder a class in it.
      installedAt: fileURLToPath(new URL('my-own', import.meta.url)),
      layout: ['.'],
      index: indexPictures,
    },
  ],
};

export default source;

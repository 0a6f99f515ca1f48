/** The report of a folder of pictures, for people. */
import { type Answer, countsOf, type PicturesLook, REASONS } from '@clce/datasets';
import { shellWord, visible } from '@clce/text';

/** Longer lists are cut; `--json` has all of them. */
const LISTED = 20;

export function pictureReport(look: PicturesLook): string {
  const { folder, pictures, classes, units } = look;
  const together = units < pictures ? `, ${units} units that stay on one side` : '';
  const lines = [
    `${folder}: ${pictures} pictures of ${classes.length} classes${together}`,
    '',
    ...classLines(look),
    ...pixelLines(look),
    ...unusedLines(look, ', which --json lists'),
    ...copyLines(look),
    ...groupLines(look),
    '',
    'what it can answer:',
    `  which loss is better on new pictures of these classes   ${answerOf(look.answers.samples)}`,
    `  which loss is better on new classes (5-way episodes)    ${answerOf(look.answers.classes)}`,
    `  both, from the same trainings                           ${answerOf(look.answers.both)}`,
  ];
  return visible(lines.join('\n'));
}

function answerOf(answer: Answer): string {
  return answer.isPossible ? `yes, in up to ${answer.folds} folds` : `no: ${answer.why}`;
}

function classLines({ classes, majority }: PicturesLook): string[] {
  const bySize = classes.toSorted((a, b) => a.pictures - b.pictures);
  const [least, median, most] = [bySize[0]!, bySize[Math.floor((bySize.length - 1) / 2)]!, bySize.at(-1)!];
  const own =
    classes.length > LISTED
      ? []
      : classes.map(({ name, pictures, units }) =>
          units === pictures ? `  ${name}: ${pictures}` : `  ${name}: ${pictures} (${units} units)`,
        );
  return [
    `pictures of a class: ${least.pictures} (${least.name}) at least, ${median.pictures} in the middle, ${most.pictures} (${most.name}) at most`,
    ...own,
    `the largest class, ${majority.name}, has ${percent(majority.share)} of the pictures: an answer that never changes is right so often`,
  ];
}

function pixelLines({ formats, sizes, cropped, blank }: PicturesLook): string[] {
  const sized = ({ width, height }: { readonly width: number; readonly height: number }) =>
    `${width} × ${height}`;
  const { smallest, median, largest } = sizes;
  return [
    `formats: ${Object.entries(formats)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `pixels: ${sized(smallest)} (${smallest.path}) at least, ${sized(median)} in the middle, ${sized(largest)} (${largest.path}) at most`,
    `the square crop of the centre cuts ${percent(cropped.mean)} of the area on average, ${percent(cropped.worst)} at most (${cropped.worstPath})`,
    ...(blank.length > 0 ? [`pictures of one colour: ${shortened(blank)}`] : []),
  ];
}

/** How many files are not used and why, and the first of them by name. @param rest where the others are */
export function unusedLines({ unused }: Pick<PicturesLook, 'unused'>, rest = ''): string[] {
  if (unused.length === 0) return ['every file is a picture that is used'];
  const shown = unused
    .slice(0, LISTED)
    .map(
      ({ path, reason, detail }) =>
        `  ${path}: ${REASONS[reason]}${detail === undefined ? '' : ` (${detail})`}`,
    );
  const more = unused.length > LISTED ? [`  and ${unused.length - LISTED} more${rest}`] : [];
  return [`not used: ${countsOf(unused)}`, ...shown, ...more];
}

function copyLines({ copies: { pairs, components } }: PicturesLook): string[] {
  const [largest] = components;
  if (largest === undefined) return ['no picture looks like a copy of another'];
  const across = pairs.filter(({ acrossClasses }) => acrossClasses);
  const shown = [...across, ...pairs.filter(({ acrossClasses }) => !acrossClasses)].slice(0, LISTED);
  return [
    `${components.flat().length} pictures look like copies of each other, in ${counted(components.length, 'group')}; copies stay on one side`,
    `  ${counted(pairs.length, 'pair')}, ${across.length} of them in two classes`,
    ...shown.map(
      ({ paths, acrossClasses }) => `    ${paths.join(' = ')}${acrossClasses ? '   two classes' : ''}`,
    ),
    ...(pairs.length > LISTED ? [`    and ${pairs.length - LISTED} more, which --json lists`] : []),
    `  the largest group has ${largest.length}: ${shortened(largest)}`,
  ];
}

function groupLines({ groups: { by, groups, without }, sequences }: PicturesLook): string[] {
  if (by !== 'none') {
    const alone =
      without.length === 0 ? [] : [`  pictures without a group, each on its own: ${shortened(without)}`];
    return [`${counted(groups, 'group')} of two pictures or more: each stays on one side`, ...alone];
  }
  if (sequences === undefined) return [];
  const { pictures, sequences: count, pattern, example } = sequences;
  const option = pattern === undefined ? '--groups FILE' : `--group-pattern ${shellWord(pattern)}`;
  return [
    `${pictures} pictures look like frames of ${count} sequences (${example.join(', ')} …); give ${option} if they are`,
    '  without groups, frames of one sequence are trained on and tested, and every loss looks better than it is on new pictures',
  ];
}

function shortened(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

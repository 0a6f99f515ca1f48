import { expect, it } from 'vitest';
import { answersOf } from './answers.ts';

/** Answers for classes of as many pictures, in groups of `together`. */
function answers(classCount: number, each: number, together = 1) {
  const names = Array.from({ length: classCount }, (_, label) => `class ${label}`);
  const samples = names.flatMap((name, label) =>
    Array.from({ length: each }, (_, at) => ({
      id: `${name}/${at}`,
      label,
      group: `${name}/${Math.floor(at / together)}`,
    })),
  );
  return answersOf('photos', names, samples);
}

it('new pictures need two classes of ten units', () => {
  expect(answers(2, 10).samples).toEqual({ isPossible: true, folds: 4 });
  expect(answers(2, 9).samples).toEqual({
    isPossible: false,
    why: '2 of 2 classes have fewer than 10 units (pictures that do not belong together), the smallest class 0 with 9',
  });
  expect(answers(2, 40, 5).samples).toMatchObject({ isPossible: false });
  expect(answers(1, 40).samples).toEqual({ isPossible: false, why: 'there is 1 class, and 2 are needed' });
});

it('new classes need 24 classes of twenty pictures', () => {
  expect(answers(24, 20).classes).toEqual({ isPossible: true, folds: 2 });
  expect(answers(24, 20, 20).classes).toEqual({ isPossible: true, folds: 2 });
  expect(answers(23, 20).classes).toMatchObject({
    isPossible: false,
    why: expect.stringContaining('need 24 classes'),
  });
  expect(answers(24, 19).classes).toMatchObject({
    isPossible: false,
    why: '24 of 24 classes have fewer than 20 pictures for an episode, the smallest class 0 with 19',
  });
  expect(answers(100, 20).classes).toEqual({ isPossible: true, folds: 8 });
});

it('both need twenty pictures of each class in development, too', () => {
  expect(answers(24, 20).both).toMatchObject({
    isPossible: false,
    why: expect.stringContaining('once the reserve is set aside'),
  });
  expect(answers(24, 34).both).toEqual({ isPossible: true, folds: 2 });
});

/** A suite is a plain value that a person reads like a table (benchmarks/suites/*.ts). */
import { unknownName } from '@clce/registry';
import { type DeclaredPreset, type Preset, withMethods } from './preset.ts';
import { SuiteError } from './suite-error.ts';

export interface Suite {
  readonly name: string;
  /** One line that describes the suite. */
  readonly title: string;
  readonly defaultPreset: string;
  readonly presets: Readonly<Record<string, DeclaredPreset>>;
}

/** Declares a suite. The type checker checks every entry. */
export function defineSuite(suite: Suite): Suite {
  return suite;
}

/** The preset of this name. @throws SuiteError naming the choices */
export function getPreset(suite: Suite, preset: string = suite.defaultPreset): Preset {
  if (!Object.hasOwn(suite.presets, preset)) {
    throw new SuiteError(unknownName(`preset of suite ${suite.name}`, preset, Object.keys(suite.presets)));
  }
  return withMethods(suite.presets[preset]!) as Preset;
}

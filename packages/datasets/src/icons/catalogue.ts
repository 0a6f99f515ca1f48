import type { getIconData } from '@iconify/utils';
import { installedVersion, readInstalledJson } from '../drawings/installed-package.ts';
import { type ConceptName, conceptOf } from './concepts/concept.ts';
import { EXCLUDED_CONCEPTS, EXCLUDED_TOKENS } from './concepts/excluded-concepts.ts';
import { ICON_PACKAGES } from './packages.ts';

/** The file of an icon package, in the form that `@iconify/utils` reads. */
export type IconSet = Parameters<typeof getIconData>[0];

/** One author's drawing of one concept. */
export interface Drawing {
  concept: string;
  /** Prefix of the author's package. Each author has one package, so the prefix also names the author. */
  prefix: string;
  /** Name of the icon in that package. */
  icon: string;
}

export interface Catalogue {
  iconSets: ReadonlyMap<string, IconSet>;
  /** Installed version of every package, by prefix. */
  versions: Readonly<Record<string, string>>;
  /** One drawing for each author and concept, sorted by concept, then by prefix. */
  drawings: readonly Drawing[];
}

/** Reads the installed icon packages and picks every author's plainest drawing of every concept. */
export async function readCatalogue(): Promise<Catalogue> {
  const { iconSets, versions } = await readIconSets();
  const drawings: Drawing[] = [];
  for (const [prefix, iconSet] of iconSets) {
    for (const [concept, icon] of plainestIcons(iconSet)) drawings.push({ concept, prefix, icon });
  }
  drawings.sort((a, b) => compare(a.concept, b.concept) || compare(a.prefix, b.prefix));
  return { iconSets, versions, drawings };
}

/** Every icon package by its prefix, and the installed versions. */
export async function readIconSets(): Promise<Pick<Catalogue, 'iconSets' | 'versions'>> {
  const iconSets = new Map<string, IconSet>();
  const versions: Record<string, string> = {};
  for (const { prefix } of ICON_PACKAGES) {
    const name = `@iconify-json/${prefix}`;
    iconSets.set(prefix, (await readInstalledJson(name, 'icons.json')) as IconSet);
    versions[prefix] = await installedVersion(name);
  }
  return { iconSets, versions };
}

/** Name of a package's plainest icon for every concept in the package. */
export function plainestIcons(iconSet: Pick<IconSet, 'icons' | 'aliases'>): Map<string, string> {
  const best = new Map<string, { icon: string; rank: ConceptName['rank'] }>();
  for (const [icon, entry] of Object.entries({ ...iconSet.aliases, ...iconSet.icons })) {
    // The author has withdrawn hidden icons.
    if (entry.hidden === true) continue;
    const { concept, rank } = conceptOf(icon);
    if (isExcluded(concept)) continue;
    const rival = best.get(concept);
    if (rival === undefined || (compareRanks(rank, rival.rank) || compare(icon, rival.icon)) < 0) {
      best.set(concept, { icon, rank });
    }
  }
  return new Map([...best].map(([concept, { icon }]) => [concept, icon]));
}

function isExcluded(concept: string): boolean {
  return EXCLUDED_CONCEPTS.has(concept) || concept.split('-').some((token) => EXCLUDED_TOKENS.has(token));
}

function compareRanks(a: ConceptName['rank'], b: ConceptName['rank']): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** By code unit, so that the order does not depend on the machine's locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// Tokens of an icon's name that describe its style (line weight, fill, grid size, platform) and not its subject.
// They are the most frequent first and last tokens of all names in the packages.

/** Tokens stripped from both ends of a name, as long as a token remains. Their order is the preference among variants. */
export const STYLE_TOKENS: readonly string[] = [
  ...['outline', 'outlined', 'stroke', 'line', 'linear', 'regular', 'normal', 'basic', 'baseline', 'default'],
  ...['one', 'bx', 'rounded', 'round', 'r', 'sharp', 'straight', 'light', 'thin', 'bold', 'medium', 'thick'],
  ...[
    'flat',
    'simple',
    'alt',
    'alternate',
    'variant',
    'option',
    'icon',
    'glyph',
    'ui',
    'ios',
    'md',
    'ltr',
    'o',
  ],
  ...[
    'classic',
    'legacy',
    'small',
    'sm',
    'mini',
    'micro',
    'tiny',
    'xs',
    'large',
    'lg',
    'big',
    'xl',
    's',
    'l',
  ],
  ...['fill', 'filled', 'bxs', 'solid', 'f', 'duotone', 'twotone', 'broken', 'bulk', 'two', 'three', 'four'],
  ...['mirrored', 'rtl'],
];

/** A bare number is a grid size (`-24`) or the number of a variant (`-2`, `-01`). */
export const NUMBER_TOKEN = /^\d+(px|x\d+)?$/;

/** Names in which a style token is part of the meaning. Stripping stops at one of these names. */
export const PROTECTED_NAMES: ReadonlySet<string> = new Set([
  ...['chart-line', 'line-chart', 'graph-line', 'line-graph', 'trend-line', 'text-bold', 'flash-light'],
  ...['traffic-light', 'light-bulb', 'night-light', 'street-light', 'ceiling-light', 'line-height'],
  ...['line-weight', 'line-style', 'line-break', 'paint-fill', 'color-fill', 'bucket-fill', 'format-bold'],
]);

/** Words with a plural ending that are singular or have no singular. */
export const INVARIANT_WORDS: ReadonlySet<string> = new Set([
  ...[
    'news',
    'lens',
    'gas',
    'canvas',
    'glasses',
    'sunglasses',
    'scissors',
    'headphones',
    'series',
    'sms',
    'css',
  ],
  ...[
    'dns',
    'gps',
    'os',
    'ios',
    'rss',
    'aws',
    'atlas',
    'pants',
    'binoculars',
    'https',
    'js',
    'ts',
    'cms',
    'pos',
  ],
  ...['tennis', 'christmas', 'has', 'is', 'as', 'us', 'always', 'vs', 'apps', 'species', 'gs'],
]);

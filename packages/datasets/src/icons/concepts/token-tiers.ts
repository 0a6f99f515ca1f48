// Three tiers of tokens decide the subject of a compound name: `circle-plus` shows a plus, `calendar-plus` a calendar.

/** Enclosing shapes, multiplicity and fullness. They modify all other tokens. */
const SHAPES: ReadonlySet<string> = new Set([
  ...[
    'circle',
    'square',
    'rectangle',
    'triangle',
    'octagon',
    'hexagon',
    'pentagon',
    'diamond',
    'rhombus',
    'oval',
  ],
  ...['dashed', 'dotted', 'double', 'multiple', 'half', 'full', 'empty', 'horizontal', 'vertical'],
]);

/** Marks and states. They modify content. */
const MARKS: ReadonlySet<string> = new Set([
  ...[
    'plus',
    'minus',
    'check',
    'close',
    'slash',
    'off',
    'on',
    'arrow',
    'chevron',
    'caret',
    'angle',
    'question',
    'dot',
  ],
  ...[
    'exclamation',
    'info',
    'alert',
    'open',
    'up',
    'down',
    'left',
    'right',
    'top',
    'bottom',
    'in',
    'out',
    'all',
  ],
  ...[
    'refresh',
    'download',
    'upload',
    'import',
    'export',
    'share',
    'play',
    'pause',
    'start',
    'end',
    'new',
    'text',
  ],
  ...['high', 'low', 'mute', 'fast', 'forward', 'back', 'ban', 'dollar', 'code'],
]);

/** Tier of a token. 0: content; 1: mark or state; 2: enclosing shape. */
function tokenTier(token: string): 0 | 1 | 2 {
  if (SHAPES.has(token)) return 2;
  return MARKS.has(token) ? 1 : 0;
}

/** Sorts tokens: content first, then marks, then shapes; stable within a tier. */
export function sortByTier(tokens: readonly string[]): string[] {
  return [...tokens].sort((a, b) => tokenTier(a) - tokenTier(b));
}

/** The head tokens of a concept: the tokens of its lowest tier. */
export function headTokens(concept: string): string[] {
  const tokens = concept.split('-');
  const strongest = Math.min(...tokens.map(tokenTier));
  return tokens.filter((token) => tokenTier(token) === strongest);
}

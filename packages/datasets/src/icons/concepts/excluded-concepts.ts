/** Company and product marks: every author redraws the same logo, and they are trademarks. */
const BRANDS: readonly string[] = [
  ...[
    'facebook',
    'github',
    'twitter',
    'youtube',
    'google',
    'instagram',
    'linkedin',
    'apple',
    'android',
    'whatsapp',
  ],
  ...[
    'dribbble',
    'pinterest',
    'discord',
    'reddit',
    'telegram',
    'paypal',
    'bitcoin',
    'gitlab',
    'slack',
    'css',
    'html',
  ],
  ...[
    'snapchat',
    'codepen',
    'spotify',
    'tiktok',
    'twitch',
    'behance',
    'figma',
    'npm',
    'skype',
    'chrome',
    'wordpress',
  ],
  ...[
    'dropbox',
    'vimeo',
    'amazon',
    'trello',
    'microsoft',
    'windows',
    'linux',
    'mastodon',
    'tumblr',
    'wechat',
    'safari',
  ],
  ...[
    'soundcloud',
    'opera',
    'medium',
    'meta',
    'messenger',
    'steam',
    'ubuntu',
    'vk',
    'python',
    'docker',
    'bluetooth',
  ],
  ...['markdown', 'react', 'airplay'],
];

/** Ambiguous names: authors draw unrelated things under the same name. */
const VAGUE: readonly string[] = [
  'line',
  'circle',
  'square',
  'rectangle',
  'dot',
  'shape',
  'arrow',
  'chevron',
  'caret',
  'minimize',
  'alert',
];

/** Concepts whose mirror image is another concept. A horizontal flip would turn one into the other. */
const MIRRORED: readonly string[] = ['undo', 'redo', 'reply', 'reply-all', 'indent', 'outdent'];

/** Concepts that are never a class. */
export const EXCLUDED_CONCEPTS: ReadonlySet<string> = new Set([...BRANDS, ...VAGUE, ...MIRRORED]);

/** A concept with one of these tokens is never a class, because it differs from another concept only by a flip or a rotation. */
export const EXCLUDED_TOKENS: ReadonlySet<string> = new Set([
  ...[
    'left',
    'right',
    'up',
    'down',
    'top',
    'bottom',
    'forward',
    'backward',
    'back',
    'next',
    'previous',
    'rewind',
  ],
  ...['arrow', 'chevron', 'caret', 'angle'],
]);

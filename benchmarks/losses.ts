/** The rows that every comparison has (docs/protocol.md); the first is what the others are compared with. */
export const losses = [
  { name: 'ce' },
  { name: 'ce+supcon' },
  { name: 'clce' },
  { name: 'supcon' },
  { name: 'ce+hcl' },
];

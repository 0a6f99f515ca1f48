import { describe, expect, it } from 'vitest';
import { registry } from './registry.ts';
import { UserError } from './user-error.ts';

describe('a registry', () => {
  const entries = [{ name: 'clce' }, { name: 'ce', aliases: ['cross-entropy'] }];
  const losses = registry('loss', entries);

  it('finds an entry by its name and by an alias', () => {
    expect(losses.get('clce')).toBe(entries[0]);
    expect(losses.get('cross-entropy')).toBe(entries[1]);
    expect(losses.names).toEqual(['clce', 'ce']);
  });

  it.each(['CLEC', '__proto__'])('refuses %s and names the choices', (name) => {
    expect(() => losses.get(name)).toThrow(UserError);
    expect(() => losses.get(name)).toThrow(/^unknown loss ".*Available: clce, ce$/);
  });

  it('says how a user adds an entry', () => {
    const open = registry('loss', entries, '--loss-file adds one');
    expect(() => open.get('mine')).toThrow('unknown loss "mine". Available: clce, ce; --loss-file adds one');
  });

  it('takes what a user adds, and refuses a name that is taken', () => {
    const open = registry('loss', entries);
    open.add({ name: 'mine' });
    expect(open.get('mine')).toEqual({ name: 'mine' });
    expect(open.names).toEqual(['clce', 'ce', 'mine']);
    expect(() => open.add({ name: 'ce' })).toThrow(
      new UserError('there is a loss "ce" already; give this one another name'),
    );
  });

  it('refuses two entries of one name', () => {
    expect(() => registry('loss', [...entries, { name: 'cross-entropy' }])).toThrow(
      'two entries of loss are called "cross-entropy"',
    );
  });
});

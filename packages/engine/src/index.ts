export * from './tf.ts';

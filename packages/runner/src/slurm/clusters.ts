/**
 * The clusters to which `sbatch` may give a job, where a site has several. Slurm's other commands ask the default cluster unless
 * they are told.
 */

/** @param script a batch script, or its directives. Of options that are set in several ways, `sbatch` takes one */
export function clustersOf(script: string, environment: NodeJS.ProcessEnv = process.env): string[] {
  const lines = script.split('\n').filter((line) => line.startsWith('#SBATCH'));
  const ofScript = lines.flatMap((line) => {
    // A quoted text with a space is the value of another option.
    const words = line.replace(/"[^"]*\s[^"]*"/g, '').replace(/["']/g, '');
    return [...words.matchAll(/\s(?:--clusters?(?:=|\s+)|-M\s*)([\w.,-]+)/g)].map(([, list]) => list!);
  });
  const ofEnvironment = ['SBATCH_CLUSTERS', 'SLURM_CLUSTERS'].map((name) => environment[name] ?? '');
  return [...new Set([...ofEnvironment, ...ofScript].flatMap((list) => list.split(',')))].filter(
    (cluster) => cluster !== '',
  );
}

export const CLUSTERS = '--clusters=';

/** Options that ask this cluster; none for the default cluster. */
export function askCluster(cluster: string | undefined): string[] {
  return cluster === undefined ? [] : [`${CLUSTERS}${cluster}`];
}

/** The clusters to ask one after the other; `undefined` is the default cluster. */
export function eachCluster(clusters: readonly string[]): readonly (string | undefined)[] {
  return clusters.length === 0 ? [undefined] : clusters;
}

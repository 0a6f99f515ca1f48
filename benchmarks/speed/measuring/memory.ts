import { readFileSync } from 'node:fs';

/** Peak resident memory of this process so far, in megabytes (VmHWM, see proc(5)). */
export function peakMegabytes(): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024);
}

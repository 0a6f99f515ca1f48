/** Durations as people write them: `90s`, `15m`, `4h`, `1h30m`. */
const PARTS = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?$/;

/** @returns seconds; undefined where the text is no duration above 0 */
export function secondsIn(text: string): number | undefined {
  const [, hours = 0, minutes = 0, seconds = 0] = PARTS.exec(text.trim()) ?? [];
  const sum = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  return sum > 0 ? sum : undefined;
}

/** The largest two units: `2 h 5 min`, `14 min`, `40 s`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

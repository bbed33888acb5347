/** @typedef {{what: string, min: number, median: number, max: number}} Failure */

/** @typedef {{date: string, machine: Record<string, string | number>, versions: Record<string, string>, quick: boolean, rounds: number, metrics: import('./results.mjs').Summary[], failures: Failure[]}} Outcome */

/**
 * What was measured, as a table of Markdown: the floor's median, the others as multiples of it.
 * @param {Outcome} outcome
 */
export function table({metrics}) {
  const names = Object.keys(metrics[0]?.contestants ?? {});
  const lines = [`| | ${names.join(' | ')} |`, `| --- |${' ---: |'.repeat(names.length)}`];
  for (const {label, unit, better, isAbsolute, contestants} of metrics) {
    const cells = Object.entries(contestants).map(([name, result]) => {
      if ('missing' in result) return '–';
      const {spread, ratio} = result;
      if (isAbsolute) return `${number(spread.median)} ${unit} (${number(spread.min)}–${number(spread.max)})`;
      if (name === 'floor' || ratio === undefined) return `${number(spread.median)} ${unit}`;
      return `**${ratio.median}** (${ratio.min}–${ratio.max})`;
    });
    lines.push(`| ${better === 'lower' ? '↓' : '↑'} ${label.replaceAll('&', '&amp;')} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString('en', {maximumSignificantDigits: 3});
}

/** @param {Failure[]} failures */
export function failureTable(failures) {
  const rows = failures.map(({what, min, median, max}) => `| ${what} | ${min} | ${median} | ${max} |`);
  return ['| ms | min | median | max |', '| --- | ---: | ---: | ---: |', ...rows].join('\n');
}

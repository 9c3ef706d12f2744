import { html, useEffect, useRef } from './lib/preact/standalone.module.js';
import { rate } from './format.js';

/** A line without axes. */
export function Sparkline({ values, label }) {
  if (!values || values.length < 2) return html`<span class="quiet">–</span>`;
  const most = Math.max(1, ...values);
  const points = values.map((number, i) => `${(100 * i / (values.length - 1)).toFixed(1)},${(23 - 22 * number / most).toFixed(1)}`).join(' ');
  return html`<svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img"
    aria-label=${`${label}: ${rate(values.at(-1))} per second now, ${rate(Math.max(...values))} at most`}>
    <polyline points=${points} /></svg>`;
}

/** Bars of the numbers of a few classes. */
export function Bars({ classes, label }) {
  const most = Math.max(1, ...classes.map(one => one.number));
  return html`<table class="bars" aria-label=${label}><tbody>${classes.map(one => html`<tr><th scope="row">${one.name}</th>
    <td><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width=${100 * one.number / most} height="10" /></svg></td>
    <td class="number">${one.number.toLocaleString('en')}</td></tr>`)}</tbody></table>`;
}

const COLORS = ['--accent', '--changed', '--equal', '--old', '--quiet'];

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * Lines over time.
 * @param {{data: {at: number[], lines: {name: string, values: (number | null)[]}[]}, label: string, height?: number}} chart times in seconds since
 *     the epoch
 */
export function Chart({ data, label, height = 180 }) {
  const element = useRef(null);
  const plot = useRef(null);
  const names = data.lines.map(line => line.name).join('\n');
  useEffect(() => {
    let isCurrent = true;
    const draw = async () => {
      const { default: UPlot } = await import('./uplot/uPlot.esm.js');
      if (!isCurrent) return;
      const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line') } };
      plot.current = new UPlot({
        width: element.current.clientWidth, height,
        series: [{}, ...data.lines.map((line, i) => ({ label: line.name, stroke: color(COLORS[i % COLORS.length]), width: 1.5, spanGaps: true }))],
        axes: [axis, { ...axis, size: 64 }],
        scales: { y: { range: (_, least, most) => [Math.min(0, least), Math.max(1, most * 1.1)] } },
      }, [data.at, ...data.lines.map(line => line.values)], element.current);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.current.clientWidth, height }));
    resized.observe(element.current);
    return () => {
      isCurrent = false;
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names]);
  useEffect(() => { plot.current?.setData([data.at, ...data.lines.map(line => line.values)]); }, [data]);
  return html`<div class="chart" ref=${element} role="img" aria-label=${label}></div>`;
}

// A page as the program writes it, from the files of crates/leasehold-report/src/page and a made-up
// run: `node sample.mjs FILE [EVENTS]` writes one to look at.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { world } from './world.mjs';

const folder = new URL('../../crates/leasehold-report/src/page/', import.meta.url);
const part = (name) => readFileSync(new URL(name, folder), 'utf8');
const SCRIPTS = ['page.js', 'data.js', 'view.js', 'marks.js', 'draw.js', 'panel.js', 'timeline.js'];
export const script = `(() => {\n'use strict';\n${SCRIPTS.map(part).join('')}})();\n`;
const style = part('page.css');

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value) => String(value).replace(/[&<>"]/g, (letter) => ENTITIES[letter]);
const name = (value) => `<bdi>${text(value)}</bdi>`;
const hash = (source) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
const seconds = (us) => `${(us / 1e6).toFixed(3)} s`;
const scroll = (label, table) =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${text(label)}">${table}</div>`;

function table(label, heads, rows) {
  const cell = (value) =>
    typeof value === 'number'
      ? `<td class="number" data-value="${value}">${value.toLocaleString('en-US')}</td>`
      : /^(good|warn|bad):/.test(value)
        ? `<td class="${value.split(':')[0]}">${text(value.split(':')[1])}</td>`
        : `<td>${text(value)}</td>`;
  const head = heads.map(
    (name, i) =>
      `<th scope="col"${typeof rows[0]?.[i] === 'number' ? ' class="number"' : ''}>${text(name)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  return scroll(
    label,
    `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`,
  );
}

const csv = (id, title, heads, rows) =>
  `<pre class="csv" data-csv="${id}" tabindex="0" role="region" aria-label="Numbers: ${text(title)}">${text([heads, ...rows].map((row) => row.join(',')).join('\n'))}\n</pre>`;

function svg(height, parts) {
  return `<svg width="1600" height="${height}" viewBox="0 0 1600 ${height}" xmlns="http://www.w3.org/2000/svg">
<rect x="0" y="0" width="1600" height="${height}" fill="#FFFFFF"/>${parts.join('')}</svg>`;
}
const label = (x, y, size, fill, words, more = '') =>
  `<text x="${x}" y="${y}" font-family="Roboto, 'Helvetica Neue', Arial, sans-serif" font-size="${size}" fill="${fill}"${more}>${text(words)}</text>`;

function chart(id, title, unit, numbers) {
  const most = Math.max(...numbers, 1);
  const bars = numbers.map((number, i) => {
    const height = Math.round((number / most) * 560);
    return `<rect x="${110 + i * 48}" y="${800 - height}" width="40" height="${height}" fill="#56B4E9"/>`;
  });
  const lines = [0, 0.5, 1].map(
    (share) => `<rect x="110" y="${800 - share * 560}" width="1440" height="2" fill="#E2E2E2"/>
${label(96, 808 - share * 560, 25, '#4D4D4D', Math.round(share * most), ' text-anchor="end"')}`,
  );
  const drawing = svg(900, [
    label(50, 78, 40, '#1A1A1A', title, ' font-weight="bold"'),
    label(50, 124, 25, '#4D4D4D', unit),
    ...lines,
    ...bars,
    label(110, 850, 25, '#4D4D4D', 'virtual time, a bar per minute'),
  ]);
  const rows = numbers.map((number, minute) => [minute, number]);
  return `<figure class="chart" id="chart-${id}"><h3 class="spoken">${text(title)}</h3>
<div class="drawing" role="img" aria-label="${text(title)}">${drawing}</div>
<details><summary>Its numbers</summary>${csv(id, title, ['minute', unit], rows)}</details></figure>`;
}

function diagram(steps) {
  const lanes = [...new Set(steps.map((step) => step.where))];
  const x = (where) => 260 + lanes.indexOf(where) * 170;
  const height = 140 + steps.length * 40;
  const rails = lanes.map(
    (
      where,
    ) => `${label(x(where), 60, 25, '#1A1A1A', where, ' text-anchor="middle" font-weight="bold"')}
<rect x="${x(where) - 1}" y="76" width="2" height="${height - 110}" fill="#8A8A8A"/>`,
  );
  const rows = steps.map(
    (
      step,
      i,
    ) => `<circle cx="${x(step.where)}" cy="${110 + i * 40}" r="8" fill="${step.fault ? '#D55E00' : '#111111'}"/>
${label(170, 118 + i * 40, 22, '#4D4D4D', seconds(step.at), ' text-anchor="end"')}
${label(300 + lanes.length * 170 - 120, 118 + i * 40, 24, step.fault ? '#D55E00' : '#1A1A1A', step.what)}`,
  );
  return svg(height, [...rails, ...rows]);
}

/** The steps that led to an event, back along the first cause of each, as the story tells them. */
function story(run, event) {
  const at = [];
  run.events.at.reduce((sum, delta, i) => (at[i] = sum + delta), 0);
  const causes = new Map();
  let to = 0;
  run.links.to.forEach((delta, i) => {
    to += delta;
    if (!causes.has(to)) causes.set(to, [to - run.links.from[i], run.hows[run.links.how[i]]]);
  });
  const gaps = run.templates.map((template) => template.words.split('{}').length - 1);
  const numbersAt = [0];
  for (const template of run.events.template) numbersAt.push(numbersAt.at(-1) + gaps[template]);
  const steps = [];
  for (let i = event, how = ''; i !== undefined; [i, how] = causes.get(i) ?? []) {
    const template = run.templates[run.events.template[i]];
    const where = run.lanes[run.events.lane[i]].name;
    let next = numbersAt[i];
    const what = template.words.replaceAll('{}', () => run.events.numbers[next++]);
    const fault = run.kinds[template.kind] === 'fault' || run.kinds[template.kind] === 'finding';
    steps.unshift({ at: at[i], where, what, fault, how });
  }
  return steps.slice(-14);
}

function perMinute(run, kind) {
  const numbers = new Array(30).fill(0);
  let at = 0;
  run.events.at.forEach((delta, i) => {
    at += delta;
    if (run.kinds[run.templates[run.events.template[i]].kind] === kind)
      numbers[Math.min(Math.floor(at / 60e6), 29)] += 1;
  });
  return numbers;
}

const COMMANDS = [
  ['Again', 'leasehold run sims/lossy-messaging.toml --seed 1'],
  [
    'Why',
    'leasehold explain sims/lossy-messaging.toml --seed 1 --class no_double_ownership:messaging_timeout_steal',
  ],
  [
    'Shrink',
    'leasehold shrink sims/lossy-messaging.toml --seed 1 --class no_double_ownership:messaging_timeout_steal',
  ],
];
const TOML = `title = "Lost messages alone are enough to take a lease from a live owner"
duration = "30m"

[servers]
count = 10

[players]
arrive = "0s..60s"
stay = "1m..4m"
hop = "80%"
hop_delay = "1s..12s"
noticed_after = "0s..20s"

[messaging]
loss = "20%"

[expect]
invariants.no_double_ownership = "violated"`;
const INVARIANTS = [
  [
    'no_double_ownership',
    'bad:violated',
    'two sessions never consider themselves owner of a key at once',
  ],
  ['no_write_without_ownership', 'good:holds', "nothing is written under another session's lease"],
  [
    'generations_in_order',
    'good:holds',
    "a key's generation and commit index never go back and never skip",
  ],
  [
    'acknowledged_saves_survive',
    'good:holds',
    'what was acknowledged is never overwritten by older data',
  ],
];

function verdict(run, title) {
  const found = run.findings.map(
    (it, i) => `<li id="finding-${i + 1}"><strong>${text(it.class)}</strong>
at ${seconds(it.at_us)} on ${name(run.lanes[it.lane]?.name ?? 'no server')}, ${name(run.keys[it.key] ?? 'no key')}: ${name(it.why)}
<a href="#finding-${i + 1}">timeline, finding ${i + 1}</a></li>`,
  );
  const times = run.findings.length;
  return `<section id="verdict"><h2>Verdict</h2>
${table(
  'Invariants',
  ['Invariant', 'Verdict', 'What it says', 'Times'],
  INVARIANTS.map((row, i) => [...row, i ? 0 : times]),
)}
${table(
  'Harm',
  ['Harm', 'What players feel', 'Times'],
  [
    ['gave_up', 'players who wanted in and gave up', 189],
    ['rejected_start', `starts that were rejected, in ${title}`, 807],
  ],
)}
<h3>Findings</h3><ol class="findings">${found.slice(0, 10).join('')}</ol>
${times > 10 ? `<p><small>and ${times - 10} more, in the timeline.</small></p>` : ''}</section>`;
}

function told(run) {
  const steps = story(run, run.findings[0].event);
  const items = steps.map(
    (step) => `<li${step.fault ? ' class="fault"' : ''}><time>${seconds(step.at)}</time>
<span class="where">${text(step.where)}</span><span class="what">${text(step.what)}</span>
${step.how && step.how !== 'went on' ? `<span class="how">${text(step.how)}</span>` : ''}</li>`,
  );
  return `<section id="story"><h2>Why it happened</h2><p>${text(run.findings[0].why)}.</p>
<figure class="chart"><div class="drawing" role="img" aria-label="The steps as a diagram">${diagram(steps)}</div></figure>
<ol class="steps">${items.join('')}</ol></section>`;
}

/** A whole page about a run. */
export function page(run, title = 'lossy-messaging') {
  // So that no name can end the script element, or begin a comment in it.
  const json = JSON.stringify(run).replaceAll('<', '\\u003c');
  const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:`;
  const sections = {
    verdict: 'Verdict',
    story: 'Story',
    time: 'Timeline',
    charts: 'Charts',
    numbers: 'Numbers',
    configuration: 'Configuration',
    commands: 'Commands',
  };
  const facts = {
    Seed: 1,
    Library: 'chronicle',
    Servers: 10,
    Players: run.keys.length,
    'Virtual time': '30 min',
    Events: run.events.at.length.toLocaleString('en-US'),
    Digest: 'bb79103576ac4744',
    Leasehold: '0.1.0',
  };
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}, seed 1</title><style>${style}</style></head>
<body><a class="skip" href="#verdict">Skip to the verdict</a>
<header><h1>${text(title)}</h1><button type="button" id="theme" hidden></button>
<p class="lead">Lost messages alone are enough to take a lease from a live owner</p>
<dl class="facts">${Object.entries(facts)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${text(value)}</dd></div>`)
    .join('')}</dl>
<p class="verdict good"><strong>holds</strong> <span>— no_double_ownership was violated ${run.findings.length} times, as the scenario expects</span></p></header>
<nav aria-label="Sections"><ul>${Object.entries(sections)
    .map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`)
    .join('')}</ul></nav>
<main>${verdict(run, title)}${run.findings[0]?.event >= 0 ? told(run) : ''}
<section id="time"><h2>Timeline</h2>${part('timeline.html')}</section>
<section id="charts"><h2>Charts</h2>
${chart('commits', 'Writes that the datastore took', 'commits per minute', perMinute(run, 'commit'))}
${chart('faults', 'Faults', 'messages lost per minute', perMinute(run, 'fault'))}</section>
<section id="numbers"><h2>Numbers</h2>
${table(
  'Calls',
  ['Call', 'sent', 'retries', 'failed', 'refused'],
  [
    ['acquire', 3021, 0, 0, 1261],
    ['release', 1609, 0, 0, 384],
    ['save', 41425, 0, 0, 0],
  ],
)}</section>
<section id="configuration"><h2>Configuration</h2><pre class="copy" tabindex="0">${text(TOML)}</pre></section>
<section id="commands"><h2>Commands</h2>
${COMMANDS.map(([name, command]) => `<h3>${name}</h3><pre class="copy command">${text(command)}</pre>`).join('')}</section></main>
<script type="application/json" id="timeline">${json}</script>
<script>${script}</script></body></html>
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(process.argv[2], page(world(Number(process.argv[3] ?? 2000))));
}

// Draws what is in view.
//
// A lane with few events in view shows each as a mark; one with too many to tell apart shows how
// many there are, as columns. So what a frame costs depends on the canvas and not on the run.
//
// Lengths are CSS pixels. From top to bottom: the axis, a strip of findings, a row for each lane,
// and a bar that shows where in the run the window is.

const canvas = byId('canvas');
const context = canvas.getContext('2d', { alpha: false });
const HEAD = 42;
const FOOT = 26;
const COLUMN = 3;
// A lane shows columns when its marks would have less room than this, each.
const MARK_ROOM = 5;
const ANCESTORS_MAX = 100;
const FONT = '12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

const size = { width: 0, height: 0, gutter: 0, row: 0 };
let pointer = null;
let drawing = false;

function redraw() {
  if (!drawing) requestAnimationFrame(draw);
  drawing = true;
}

function resize() {
  const { width } = canvas.parentElement.getBoundingClientRect();
  size.width = Math.floor(width);
  size.gutter = width < 600 ? 70 : 104;
  const [tall, most] = want.keys.length > 1 ? [800, 76] : [600, 56];
  size.row = clamp(Math.floor(tall / Math.max(rows.length, 1)), 14, most);
  size.height = HEAD + rows.length * size.row + FOOT;
  canvas.width = Math.round(size.width * devicePixelRatio);
  canvas.height = Math.round(size.height * devicePixelRatio);
  canvas.style.height = `${size.height}px`;
  redraw();
}

// ---- Where things are ----

// A page that is not on a screen may have no width at all.
const plotWidth = () => Math.max(size.width - size.gutter - 8, 50);
const xOf = (us) => size.gutter + ((us - view.from) / (view.to - view.from)) * plotWidth();
const timeAt = (x) => view.from + ((x - size.gutter) / plotWidth()) * (view.to - view.from);
const topOf = (lane) => HEAD + rowOf[lane] * size.row;
/** How much of a row the bands of the chosen keys take; the marks are below them. */
function bandsHeight() {
  const chosen = Math.min(want.keys.length, BANDS_MAX);
  return chosen ? Math.floor(size.row * (0.35 + chosen * 0.1)) : 0;
}

function yOf(event) {
  const bands = bandsHeight();
  return topOf(events.lane[event]) + bands + markOf(kindOf[event]).y * (size.row - bands);
}

/** A box for a time from `from` to `to`, cut to the window; nothing if it is outside. */
function box(from, to, top, height, paint) {
  if (to < view.from || from > view.to) return;
  const left = Math.max(xOf(from), size.gutter);
  const right = Math.min(xOf(to), size.gutter + plotWidth());
  paint(left, top, Math.max(right - left, 1.5), height);
}
const fillBox = (...rect) => context.fillRect(...rect);
const strokeBox = (x, y, width, height) => context.strokeRect(x + 1, y + 1, width, height - 2);

// ---- The layers, from the back to the front ----

function draw() {
  drawing = false;
  const inView = shownInView();
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.font = FONT;
  context.textBaseline = 'middle';
  context.fillStyle = colour.paper;
  context.fillRect(0, 0, size.width, size.height);
  drawGround();
  drawAxis();
  drawBands();
  drawEvents(inView);
  drawArcs();
  drawRing();
  drawNames();
  drawFindings();
  drawWhole();
  drawPointer();
  const [from, to] = [view.from, view.to].map((us) => clock(us, view.to - view.from));
  byId('window').textContent =
    `${from} to ${to} · ${count(inView.length)} of ${count(at.length)} events`;
  listSoon();
}

function drawGround() {
  const tall = rows.length * size.row;
  context.fillStyle = colour.pale;
  for (const [, from, to] of data.trouble) box(from, to, HEAD, tall, fillBox);
  context.fillStyle = colour.line;
  for (let row = 0; row <= rows.length; row += 1) {
    context.fillRect(0, HEAD + row * size.row, size.width, 1);
  }
  for (const name of ['paused', 'down']) {
    context.fillStyle = hatch[name];
    for (const [lane, from, to] of data[name]) {
      if (rowOf[lane] >= 0) box(from, to, topOf(lane) + 1, size.row - 1, fillBox);
    }
  }
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6,
  10e6, 15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 900e6, 1800e6, 3600e6, 7200e6, 14400e6,
];

function drawAxis() {
  const room = (110 / plotWidth()) * (view.to - view.from);
  const step = STEPS.find((it) => it >= room) ?? Math.ceil(room / 86400e6) * 86400e6;
  context.textAlign = 'center';
  for (let us = Math.ceil(view.from / step) * step; us <= view.to; us += step) {
    const x = xOf(us);
    context.fillStyle = colour.line;
    context.fillRect(x, 20, 1, size.height - FOOT - 20);
    context.fillStyle = colour.soft;
    if (x < size.width - 24) context.fillText(clock(us, step), x, 10);
  }
}

function drawBands() {
  const chosen = want.keys.slice(0, BANDS_MAX);
  const height = Math.floor((bandsHeight() - 3) / Math.max(chosen.length, 1));
  chosen.forEach((key, nth) => {
    const top = (lane) => topOf(lane) + 3 + nth * height;
    context.fillStyle = colour.owned;
    for (const i of ownedOf(key)) {
      const [, lane, from, to] = owned[i];
      if (rowOf[lane] >= 0) box(from, to, top(lane), height - 2, fillBox);
    }
    drawOverlaps(
      overlaps.filter((it) => it[0] === key),
      top,
      height - 2,
    );
    context.strokeStyle = colour.stored;
    context.lineWidth = height > 10 ? 2 : 1.2;
    for (const i of storedOf(key)) {
      const [, lane, from, to] = stored[i];
      if (rowOf[lane] >= 0) box(from, to, top(lane), height - 2, strokeBox);
    }
    if (chosen.length > 1) drawKeyNames(key, top, height - 2);
  });
  if (!chosen.length) drawOverlaps(overlaps, (lane) => topOf(lane) + 2, 4);
}

function drawOverlaps(list, top, height) {
  for (const [, one, other, from, to] of list) {
    if (want.keys.length) {
      context.fillStyle = colour.tint;
      const [first, last] = [rowOf[one], rowOf[other]].sort((a, b) => a - b);
      context.globalAlpha = 0.5;
      box(from, to, HEAD + first * size.row, (last - first + 1) * size.row, fillBox);
      context.globalAlpha = 1;
    }
    context.fillStyle = colour.bad;
    for (const lane of [one, other]) {
      if (rowOf[lane] >= 0) box(from, to, top(lane), height, fillBox);
    }
  }
}

function drawKeyNames(key, top, height) {
  if (height < 9) return;
  context.textAlign = 'left';
  context.fillStyle = '#111';
  context.font = FONT.replace('12px', `${Math.min(height, 11)}px`);
  for (const i of ownedOf(key)) {
    const [, lane, from, to] = owned[i];
    if (rowOf[lane] < 0) continue;
    box(from, to, top(lane), height, (left, y, width) => {
      if (width > 40) context.fillText(fitted(keys[key], width - 8), left + 4, y + height / 2);
    });
  }
  context.font = FONT;
}

/** The only work of a frame that grows with the events in view: two plain loops over them. */
function drawEvents(inView) {
  const width = plotWidth();
  const columns = Math.ceil(width / COLUMN) + 1;
  const perRow = new Int32Array(rows.length);
  for (let i = 0; i < inView.length; i += 1) perRow[rowOf[laneOf[inView[i]]]] += 1;
  const isDense = perRow.map((number) => number * MARK_ROOM > width);
  const all = new Uint32Array(rows.length * columns);
  const bad = new Uint32Array(rows.length * columns);
  const points = kinds.map(() => []);
  const perUs = width / (view.to - view.from);
  for (let i = 0; i < inView.length; i += 1) {
    const event = inView[i];
    const row = rowOf[laneOf[event]];
    const x = (at[event] - view.from) * perUs;
    if (row < 0) continue;
    if (isDense[row]) {
      const cell = row * columns + Math.floor(x / COLUMN);
      all[cell] += 1;
      bad[cell] += isBad[kindOf[event]];
    } else {
      points[kindOf[event]].push(size.gutter + x, yOf(event));
    }
  }
  drawColumns(all, all, columns, colour.columns);
  drawColumns(bad, all, columns, colour.bad);
  points.forEach((list, kind) => paintMarks(context, kind, list));
}

/** A column's height is the root of its number: one event among many still shows. */
function drawColumns(numbers, all, columns, fill) {
  let most = 1;
  for (let cell = 0; cell < all.length; cell += 1) most = Math.max(most, all[cell]);
  most = Math.sqrt(most);
  const room = size.row - bandsHeight() - 4;
  context.fillStyle = fill;
  context.beginPath();
  for (let cell = 0; cell < numbers.length; cell += 1) {
    if (!numbers[cell]) continue;
    const height = Math.max((Math.sqrt(numbers[cell]) / most) * room, 2);
    const bottom = HEAD + (Math.floor(cell / columns) + 1) * size.row;
    context.rect(size.gutter + (cell % columns) * COLUMN, bottom - height, COLUMN - 0.5, height);
  }
  context.fill();
}

function drawArcs() {
  if (selected < 0) return;
  context.save();
  context.beginPath();
  context.rect(size.gutter, HEAD, plotWidth(), rows.length * size.row);
  context.clip();
  const seen = new Set([selected]);
  for (const event of seen) {
    if (seen.size > ANCESTORS_MAX) break;
    for (const link of linksTo(event)) {
      seen.add(causeOf[link]);
      drawArc(causeOf[link], event, event === selected ? colour.ink : colour.soft);
    }
  }
  context.setLineDash([5, 3]);
  for (const link of linksFrom(selected)) drawArc(selected, effectOf[link], colour.session);
  context.restore();
}

/** An arrow that bends less the closer its ends are; within a row it takes the way above. */
function drawArc(from, to, stroke) {
  if (rowOf[events.lane[from]] < 0 || rowOf[events.lane[to]] < 0) return;
  const [x1, y1, x2, y2] = [xOf(at[from]), yOf(from), xOf(at[to]), yOf(to)];
  const [wide, tall] = [x2 - x1, y2 - y1];
  const far = Math.hypot(wide, tall);
  if (far < 8) return;
  const bulge = Math.abs(tall) < size.row / 2 ? Math.min(size.row * 0.5, far / 3) : 0;
  const [bendX, bendY] = [x2 - wide * 0.35, y2 - tall * 0.15 - bulge];
  context.strokeStyle = context.fillStyle = stroke;
  context.lineWidth = stroke === colour.soft ? 1 : 1.8;
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1 + wide * 0.35, y1 + tall * 0.15 - bulge, bendX, bendY, x2, y2);
  context.stroke();
  const angle = Math.atan2(y2 - bendY, x2 - bendX);
  const corner = (back, aside) => [
    Math.cos(angle) * back - Math.sin(angle) * aside,
    Math.sin(angle) * back + Math.cos(angle) * aside,
  ];
  context.beginPath();
  polygon(context, x2, y2, ...corner(-5, 0), ...corner(-13, -3.5), ...corner(-13, 3.5));
  context.fill();
}

function drawRing() {
  for (const event of new Set([selected, focused])) {
    if (event < 0 || rowOf[events.lane[event]] < 0) continue;
    const [x, y] = [xOf(at[event]), yOf(event)];
    if (x < size.gutter || x > size.width) continue;
    if (event === selected) paintMarks(context, kindOf[event], [x, y]);
    context.strokeStyle = colour.ink;
    context.lineWidth = event === focused ? 2 : 1;
    context.beginPath();
    disc(context, x, y, 8);
    context.stroke();
  }
}

const fits = new Map();

/** As much of a text as fits a width; measured once. */
function fitted(text, width) {
  const id = `${Math.round(width)} ${text}`;
  if (!fits.has(id)) {
    const letters = [...text];
    let short = text;
    for (let keep = Math.min(letters.length, Math.ceil(width / 3)); keep > 0; keep -= 1) {
      short = keep < letters.length ? `${letters.slice(0, keep).join('')}…` : text;
      if (context.measureText(short).width <= width) break;
    }
    if (fits.size > 2000) fits.clear();
    fits.set(id, short);
  }
  return fits.get(id);
}

function drawNames() {
  context.fillStyle = colour.paper;
  context.fillRect(0, HEAD + 1, size.gutter - 1, size.height - HEAD - FOOT);
  context.textAlign = 'left';
  rows.forEach((lane, row) => {
    context.fillStyle = colour.line;
    context.fillRect(0, HEAD + (row + 1) * size.row, size.gutter, 1);
    context.fillStyle = lanes[lane].kind === 'server' ? colour.ink : colour.soft;
    const name = fitted(lanes[lane].name, size.gutter - 16);
    context.fillText(name, 8, HEAD + (row + 0.5) * size.row);
  });
}

function drawFindings() {
  context.fillStyle = colour.soft;
  context.textAlign = 'left';
  context.fillText('findings', 8, 31);
  const inView = findings.filter(
    (it) => isClass(it) && it.at_us >= view.from && it.at_us <= view.to,
  );
  const sign =
    inView.length * 8 < plotWidth() ? triangle : (lines, x, y) => lines.rect(x, y - 5, 1.5, 10);
  context.fillStyle = colour.bad;
  context.beginPath();
  for (const it of inView) sign(context, xOf(it.at_us), 31);
  context.fill();
  for (const [what, from, to] of data.trouble) {
    context.fillStyle = colour.soft;
    box(from, to, 22, 10, (x, y, width) => {
      if (width > 50) context.fillText(fitted(what, width - 12), x + 6, HEAD + 9);
    });
  }
}

const wholeX = (us) => size.gutter + ((us - start) / (end - start)) * plotWidth();

function drawWhole() {
  const top = size.height - 14;
  context.fillStyle = colour.line;
  context.fillRect(size.gutter, top, plotWidth(), 8);
  context.fillStyle = colour.bad;
  for (const it of findings) {
    if (isClass(it)) context.fillRect(wholeX(it.at_us), top, 1, 8);
  }
  context.strokeStyle = colour.ink;
  context.lineWidth = 1.5;
  const left = wholeX(view.from);
  context.strokeRect(left, top - 2, Math.max(wholeX(view.to) - left, 3), 12);
}

/** Says what is under the mouse, or else which event was stepped to. */
function drawPointer() {
  const stepped = focused >= 0 && focused !== selected && rowOf[events.lane[focused]] >= 0;
  if (!pointer && !stepped) return;
  const { x, y } = pointer ?? { x: xOf(at[focused]), y: yOf(focused) };
  if (x < size.gutter || y > size.height - FOOT) return;
  const event = pointer ? eventNear(x, y) : focused;
  const us = event < 0 ? timeAt(x) : at[event];
  context.fillStyle = colour.soft;
  context.fillRect(xOf(us), 20, 1, size.height - FOOT - 20);
  const text =
    event < 0 ? clock(us, (view.to - view.from) / 500) : `${seconds(us)}  ${words(event)}`;
  const short = fitted(text, Math.min(plotWidth() - 20, 480));
  const width = context.measureText(short).width + 12;
  const left = clamp(x + 10, size.gutter, size.width - width);
  const top = clamp(y - 34, 0, size.height - 22);
  context.fillStyle = colour.ink;
  context.fillRect(left, top, width, 22);
  context.fillStyle = colour.paper;
  context.textAlign = 'left';
  context.fillText(short, left + 6, top + 11);
}

/** The shown event next to a place, at most some pixels away; -1 if there is none. */
function eventNear(x, y) {
  const [from, to] = [firstShown(timeAt(x - 8)), firstShown(timeAt(x + 8))];
  let [best, least] = [-1, 15 * 15];
  for (const event of shown.subarray(from, to)) {
    const row = rowOf[events.lane[event]];
    if (row < 0 || row !== Math.floor((y - HEAD) / size.row)) continue;
    const far = (xOf(at[event]) - x) ** 2 + ((yOf(event) - y) / 2) ** 2;
    if (far < least) [best, least] = [event, far];
  }
  return best;
}

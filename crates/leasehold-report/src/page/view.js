// What is looked at: a window of time, and the events, lanes and keys that the filters leave.
//
// Think of a long strip of film on a light table: the whole strip is there, but only what lies
// under the glass is looked at, and the glass can be moved and held closer.

const start = 0;
const end = Math.max(data.end_us, start + 1);
const SPAN_MIN = Math.min(1000, end - start);
// As many as can be told apart: keys in a lane, and lanes on a screen.
const BANDS_MAX = 4;
const LANES_MAX = 100;

const view = { from: start, to: end };
const want = { keys: [], lane: -1, class: '', kinds: new Uint8Array(kinds.length).fill(1) };
let shown = new Int32Array(0);
let rows = [];
let rowOf = [];
let focused = -1;
let selected = -1;
let finding = -1;

/** The first of the shown events that is not before a time. */
function firstShown(us) {
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[shown[middle]] < us) low = middle + 1;
    else high = middle;
  }
  return low;
}
const shownInView = () => shown.subarray(firstShown(view.from), firstShown(view.to + 1));

function look(from, to) {
  const span = clamp(to - from, SPAN_MIN, end - start);
  view.from = clamp(from, start, end - span);
  view.to = view.from + span;
  redraw();
}
const pan = (us) => look(view.from + us, view.to + us);

function zoom(factor, about = (view.from + view.to) / 2) {
  const span = clamp((view.to - view.from) * factor, SPAN_MIN, end - start);
  const from = about - ((about - view.from) / (view.to - view.from)) * span;
  look(from, from + span);
}

function reveal(event) {
  const span = view.to - view.from;
  if (at[event] < view.from || at[event] > view.to)
    look(at[event] - span / 2, at[event] + span / 2);
  if (rowOf[events.lane[event]] < 0) layOut();
  redraw();
}

const isClass = (it) => !want.class || it.class === want.class;

function refilter() {
  const { lane } = want;
  // A class leaves the keys of its findings, where no key is chosen.
  let chosen = want.keys;
  if (!chosen.length && want.class) chosen = findings.filter(isClass).map((it) => it.key);
  const isKey = new Set(chosen.filter((key) => key >= 0));
  const passing = [];
  for (let event = 0; event < at.length; event += 1) {
    const passes =
      want.kinds[kindOf[event]] &&
      (lane < 0 || events.lane[event] === lane) &&
      (!isKey.size || isKey.has(events.key[event]));
    if (passes) passing.push(event);
  }
  shown = Int32Array.from(passing);
  if (focused >= 0 && !passing.includes(focused)) focused = -1;
  layOut();
  listFindings();
  redraw();
}

/** Gives a row to each lane that has something to show. */
function layOut() {
  const narrow = want.keys.length > 0 || want.lane >= 0 || want.class !== '';
  const used = new Uint8Array(lanes.length).fill(narrow ? 0 : 1);
  for (const event of narrow ? shown : []) used[events.lane[event]] = 1;
  for (const key of want.lane < 0 ? want.keys : []) {
    for (const i of ownedOf(key)) used[owned[i][1]] = 1;
  }
  if (want.lane >= 0) used[want.lane] = 1;
  if (selected >= 0) used[events.lane[selected]] = 1;
  const all = [...used.keys()].filter((lane) => used[lane]);
  rows = all.slice(0, LANES_MAX);
  rowOf = new Int32Array(lanes.length).fill(-1);
  rows.forEach((lane, row) => {
    rowOf[lane] = row;
  });
  const left = all.length - rows.length;
  const unknown = want.unknown?.length ? `No key is called ${want.unknown.join(', ')}. ` : '';
  const hidden = left
    ? `${count(left)} more servers have no room here: choose keys or a server. `
    : '';
  const bands =
    want.keys.length > BANDS_MAX ? `Ownership is drawn for the first ${BANDS_MAX} keys.` : '';
  byId('filter-note').textContent = unknown + hidden + bands;
  resize();
}

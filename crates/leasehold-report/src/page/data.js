// The timeline's data, and how it is said in words.
//
// Times are microseconds of the run. An event, lane, key, template, kind and finding is its index
// in the data; -1 is none. Events are in order of time, links in order of what they lead to.

const data = JSON.parse(byId('timeline').textContent);
const { lanes, keys, kinds, templates, hows, events, links, owned, stored, findings } = data;

function runningSums(deltas) {
  const sums = new Float64Array(deltas.length);
  let sum = 0;
  for (let i = 0; i < deltas.length; i += 1) sums[i] = sum += deltas[i];
  return sums;
}

/** Which items belong to an id, for items that say their id in `ids`. */
function grouped(ids, idCount) {
  const start = new Int32Array(idCount + 1);
  for (const id of ids) start[id + 1] += 1;
  for (let id = 0; id < idCount; id += 1) start[id + 1] += start[id];
  const next = start.slice();
  const items = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i += 1) items[next[ids[i]]++] = i;
  return (id) => items.subarray(start[id], start[id + 1]);
}

const at = runningSums(events.at);
const laneOf = Int32Array.from(events.lane);
const kindOf = Uint8Array.from(events.template, (template) => templates[template].kind);
const isBad = kinds.map((kind) => Number(kind === 'fault' || kind === 'finding'));
const effectOf = runningSums(links.to);
const causeOf = effectOf.map((to, link) => to - links.from[link]);
const linksTo = grouped(effectOf, at.length);
const linksFrom = grouped(causeOf, at.length);
const ownedOf = grouped(
  owned.map(([key]) => key),
  keys.length,
);
const storedOf = grouped(
  stored.map(([key]) => key),
  keys.length,
);

/** When two considered themselves owner of one key: `[key, lane, lane, from, to]`. */
function findOverlaps() {
  const found = [];
  for (let key = 0; key < keys.length; key += 1) {
    const bands = Array.from(ownedOf(key), (i) => owned[i]).sort((a, b) => a[2] - b[2]);
    for (let i = 0; i < bands.length; i += 1) {
      for (let j = i + 1; j < bands.length && bands[j][2] < bands[i][3]; j += 1) {
        const to = Math.min(bands[i][3], bands[j][3]);
        if (bands[j][2] < to) found.push([key, bands[i][1], bands[j][1], bands[j][2], to]);
      }
    }
  }
  return found;
}
const overlaps = findOverlaps();
const classes = [...new Set(findings.map((finding) => finding.class))];

const laneNames = lanes.map((lane) => lane.name);

/** A name inside a sentence: letters that run the other way must not turn the sentence. */
const isolated = (name) => (/^[\x20-\x7e]*$/.test(name) ? name : `\u2068${name}\u2069`);

// Where the numbers of each event begin: a template has a gap for each.
const gapsOf = templates.map((template) => template.words.split('{}').length - 1);
const numbersAt = new Int32Array(at.length);
for (let i = 1; i < at.length; i += 1) {
  numbersAt[i] = numbersAt[i - 1] + gapsOf[events.template[i - 1]];
}

/** What an event says: its template with its numbers in the gaps. */
function words(event) {
  let next = numbersAt[event];
  return isolated(
    templates[events.template[event]].words.replaceAll('{}', () => events.numbers[next++]),
  );
}

const MILLIS = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
const seconds = (us) => `${(us / 1e6).toLocaleString('en-US', MILLIS)} s`;

/** The time as a clock shows it, as fine as steps of `step` need. */
function clock(us, step) {
  const digits = step >= 1e6 ? 0 : step >= 1e3 ? 3 : 6;
  const total = Math.floor(us / 1e6);
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(total / 60);
  const front = minutes < 60 ? minutes : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
  const fraction = String(Math.floor(us % 1e6))
    .padStart(6, '0')
    .slice(0, digits);
  return `${front}:${two(total % 60)}${digits ? '.' : ''}${fraction}`;
}

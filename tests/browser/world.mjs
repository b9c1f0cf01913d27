// A made-up run for the sample page: players hop between servers, and some answers get lost.
//
// It is shaped as a real run's timeline is, and says so in the same words; the same size gives the
// same run.

const SECOND = 1e6;
const END = 1800 * SECOND;
const DATASTORE = 0;
const MESSAGING = 1;
const KINDS = ['session', 'call', 'commit', 'message', 'fault', 'server', 'player', 'finding'];
const TEMPLATES = {
  comes: ['player', 'the player of {key} comes to {lane}'],
  tries: ['session', '{lane} tries to take {key}'],
  taken: ['commit', "the datastore takes {other}'s acquire of {key}: generation {number}"],
  owns: ['session', '{lane} considers itself owner of {key}'],
  saves: ['call', '{lane} saves {key}'],
  saved: ['commit', "the datastore takes {other}'s save of {key}: commit {number}"],
  held: ['call', "{lane}'s acquire of {key} finds {other}'s lease, and writes nothing"],
  asks: ['message', '{lane} asks {other} for {key}'],
  hears: ['message', '{lane} hears that {other} asks for {key}'],
  answers: ['message', '{lane} answers {other} that it is alive'],
  lost: ['fault', "lost: {other}'s answer about {key}"],
  steals: ['session', '{lane} has heard nothing for {number} s, and tries to take {key}'],
  doubled: ['finding', 'two consider themselves owner of {key}: {other} and {lane}'],
  leaves: ['player', 'the player of {key} leaves {lane}'],
  released: ['commit', "the datastore takes {other}'s release of {key}"],
  crashes: ['server', '{lane} crashes'],
  returns: ['server', '{lane} is back'],
};
const HOWS = ['went on', 'same session', 'same player', 'asked', 'heard', 'missed'];

/** Numbers from 0 to 1 that look random and are always the same (mulberry32). */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A run of so many events. `spoil` may change any name or sentence of it. */
export function world(size, spoil = (text) => text) {
  const random = dice(size);
  const between = (from, to) => Math.floor(from + random() * (to - from));
  const servers = 10;
  const players = Math.max(Math.floor(size / 250), 2);
  const list = [];
  const findings = [];
  const owned = [];
  const stored = [];
  const names = Object.keys(TEMPLATES);

  function happen(at, lane, name, key = -1, cause = null, how = 'went on', more = {}) {
    const event = {
      at: Math.floor(at),
      lane,
      template: names.indexOf(name),
      key,
      other: -1,
      number: 0,
      causes: [],
      ...more,
    };
    if (cause) event.causes.push([cause, how]);
    list.push(event);
    return event;
  }

  function find(kind, why, event) {
    event.finding = { class: kind, why, at_us: event.at, key: event.key, lane: event.lane };
  }

  function visit(key, lane, from, before, generation) {
    const came = happen(from, lane, 'comes', key, before?.owner, 'same player');
    let last = happen(from, lane, 'tries', key, came);
    let at = from + between(0.1 * SECOND, 0.4 * SECOND);
    if (before && before.to > at) {
      const other = before.lane;
      last = happen(at, lane, 'held', key, last, 'went on', { other });
      const asks = happen(at, lane, 'asks', key, last, 'went on', { other });
      at += between(0.1 * SECOND, 0.3 * SECOND);
      const hears = happen(at, other, 'hears', key, asks, 'asked', { other: lane });
      const answers = happen(at, other, 'answers', key, hears, 'went on', { other: lane });
      const lost = happen(at, MESSAGING, 'lost', key, answers, 'went on', { other });
      at = asks.at + 2 * SECOND;
      last = happen(at, lane, 'steals', key, lost, 'missed', { number: 2 });
      last.causes.push([asks, 'same session']);
      at += between(0.05 * SECOND, 0.2 * SECOND);
    }
    const taken = happen(at, DATASTORE, 'taken', key, last, 'asked', {
      other: lane,
      number: generation,
    });
    at += between(0.03 * SECOND, 0.1 * SECOND);
    const owner = happen(at, lane, 'owns', key, taken, 'heard');
    if (before && before.to > at) {
      const doubled = happen(at, lane, 'doubled', key, owner, 'went on', { other: before.lane });
      doubled.causes.push([before.owner, 'same player']);
      const both = ((before.to - at) / SECOND).toFixed(2);
      find(
        'no_double_ownership: messaging_timeout_steal',
        `s${before.lane - 2} had considered itself owner; both did for ${both} s`,
        doubled,
      );
      before.storedTo = taken.at;
    }
    const left = happen(
      Math.min(at + between(60 * SECOND, 240 * SECOND), END),
      lane,
      'leaves',
      key,
      owner,
      'same player',
    );
    const to = Math.min(left.at + between(0, 14 * SECOND), END);
    const here = { lane, owner, to, from: at, storedFrom: taken.at, storedTo: to };
    here.leaves = left.at;
    return here;
  }

  const visits = [];
  for (let key = 0; key < players; key += 1) {
    let before = null;
    let at = between(0, 60 * SECOND);
    for (let generation = 1; at < END - 30 * SECOND; generation += 1) {
      const here = visit(
        key,
        2 + between(0, servers),
        at,
        before?.lane ? before : null,
        generation,
      );
      visits.push([key, here]);
      at = here.leaves + between(1 * SECOND, 12 * SECOND);
      before = here;
    }
  }
  for (const [key, here] of visits) {
    owned.push([key, here.lane, here.from, here.to]);
    stored.push([key, here.lane, here.storedFrom, here.storedTo]);
    if (here.storedTo === here.to && here.to < END) {
      happen(here.to, DATASTORE, 'released', key, here.owner, 'same session', { other: here.lane });
    }
  }
  const crash = happen(600 * SECOND, 6, 'crashes');
  happen(641.5 * SECOND, 6, 'returns', -1, crash);
  if (list.length > size) throw new Error(`a run has ${list.length} events at least`);
  while (list.length < size) {
    const [key, here] = visits[between(0, visits.length)];
    const at = between(here.from, here.to);
    const saves = happen(at, here.lane, 'saves', key, here.owner, 'same session');
    if (list.length < size) {
      happen(at + between(0.04 * SECOND, 0.2 * SECOND), DATASTORE, 'saved', key, saves, 'asked', {
        other: here.lane,
        number: between(2, 90),
      });
    }
  }

  list.sort((a, b) => a.at - b.at);
  list.forEach((event, index) => {
    event.index = index;
  });
  const links = list.flatMap((event) =>
    event.causes
      .filter(([cause]) => cause.index < event.index)
      .map(([cause, how]) => [event.index, cause.index, HOWS.indexOf(how)]),
  );
  const deltas = (numbers) => numbers.map((number, i) => number - (numbers[i - 1] ?? 0));
  for (const event of list) {
    if (event.finding)
      findings.push({ ...event.finding, why: spoil(event.finding.why), event: event.index });
  }
  const column = (name) => list.map((event) => event[name]);
  const laneNames = [
    spoil('datastore'),
    spoil('messaging'),
    ...Array.from({ length: servers }, (_, i) => spoil(`s${i}`)),
  ];
  const keyNames = Array.from({ length: players }, (_, i) => spoil(`k${i}`));
  // A sentence with gaps for its numbers, as a run's timeline keeps it.
  const templates = new Map();
  const numbers = [];
  const template = list.map((event) => {
    const [kind, words] = TEMPLATES[names[event.template]];
    const parts = {
      lane: laneNames[event.lane],
      other: laneNames[event.other],
      key: keyNames[event.key],
      number: event.number,
    };
    const said = spoil(words.replace(/\{(lane|key|other|number)\}/g, (_, part) => parts[part]));
    const gapped = said.replace(/\d+/g, (digits) => {
      if (String(Number(digits)) !== digits) return digits;
      numbers.push(Number(digits));
      return '{}';
    });
    const name = `${kind} ${gapped}`;
    if (!templates.has(name)) {
      templates.set(name, { index: templates.size, words: gapped, kind: KINDS.indexOf(kind) });
    }
    return templates.get(name).index;
  });
  return {
    end_us: Math.max(END, list.at(-1).at),
    lanes: laneNames.map((name, i) => ({
      name,
      kind: ['datastore', 'messaging'][i] ?? 'server',
    })),
    keys: keyNames,
    kinds: KINDS,
    templates: [...templates.values()].map(({ words, kind }) => ({ words, kind })),
    hows: HOWS.map((how) => spoil(how)),
    events: {
      at: deltas(column('at')),
      lane: column('lane'),
      template,
      key: column('key'),
      numbers,
    },
    links: {
      to: deltas(links.map(([to]) => to)),
      from: links.map(([to, from]) => to - from),
      how: links.map(([, , how]) => how),
    },
    owned,
    stored,
    down: [[6, 600 * SECOND, 641.5 * SECOND]],
    paused: [
      [4, 300 * SECOND, 330 * SECOND],
      [9, 1210 * SECOND, 1290 * SECOND],
    ],
    trouble: [[spoil('writes time out'), 900 * SECOND, 990 * SECOND]],
    findings,
    sampled: null,
  };
}

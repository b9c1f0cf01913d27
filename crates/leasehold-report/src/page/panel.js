// What is said beside the canvas: one event and what it is linked to, the findings, and the events
// in view as a list.

const LIST_MAX = 200;
const FINDINGS_MAX = 500;
const LINKS_MAX = 50;
// Before and after a finding, when the window is moved to it.
const BEFORE = 20e6;
const AFTER = 10e6;

// ---- One event ----

function select(event) {
  selected = focused = event;
  showPanel();
  if (event >= 0) reveal(event);
  redraw();
}

function eventButton(event, how = '') {
  const element = button('', () => select(event));
  element.append(make('time', seconds(at[event])), ` ${words(event)}`);
  if (how) element.append(' ', make('small', how));
  return element;
}

function linkList(title, list, eventOf) {
  const items = Array.from(list.subarray(0, LINKS_MAX), (link) =>
    make('li', '', [eventButton(eventOf[link], hows[links.how[link]])]),
  );
  const more = list.length - LINKS_MAX;
  if (more > 0) items.push(make('li', `and ${count(more)} more`));
  if (!items.length) items.push(make('li', 'nothing that is shown here'));
  return [make('h4', title), make('ul', '', items)];
}

function showPanel() {
  const panel = byId('panel');
  if (selected < 0) {
    // A finding that belongs to no event in the data has its reason still.
    const bare = findings[finding]?.event < 0 ? findings[finding] : null;
    const hint =
      'Click an event, or step to one and press Enter: what it came of, and what came of it.';
    panel.replaceChildren(make('p', bare ? `${bare.class}: ${bare.why}` : hint));
    return;
  }
  const facts = make('dl');
  const fact = (name, value) => facts.append(make('dt', name), make('dd', '', [value]));
  const key = events.key[selected];
  fact('When', `${seconds(at[selected])} (${clock(at[selected], 1)})`);
  fact('Where', lanes[events.lane[selected]].name);
  const chooseKey = () => setKeys([key]);
  if (key >= 0) fact('Key', button(keys[key], chooseKey));
  fact('Kind', kinds[kindOf[selected]]);
  const whys = findings.filter((it) => it.event === selected);
  for (const it of whys) fact('Finding', `${it.class}: ${it.why}`);
  panel.replaceChildren(
    make('p', words(selected)),
    facts,
    ...linkList('It came of', linksTo(selected), causeOf),
    ...linkList('What came of it', linksFrom(selected), effectOf),
  );
}

/** Moves the ring to the next shown event, or the one before, and says which it is. */
function step(direction) {
  const here =
    focused < 0 ? firstShown(view.from) - (direction > 0 ? 1 : 0) : shown.indexOf(focused);
  const there = here + direction;
  if (there < 0 || there >= shown.length) return;
  focused = shown[there];
  reveal(focused);
  byId('step').textContent = `${seconds(at[focused])}: ${words(focused)}`;
}

// ---- Findings ----

function listFindings() {
  const items = [];
  let number = 0;
  findings.forEach((it, index) => {
    if (!isClass(it)) return;
    number += 1;
    if (number > FINDINGS_MAX) return;
    const element = button('', () => jump(index));
    const who = [keys[it.key], lanes[it.lane]?.name]
      .filter((name) => name !== undefined)
      .join(', ');
    element.append(make('time', seconds(it.at_us)), ` ${who} `, make('small', it.class));
    if (index === finding) element.setAttribute('aria-current', 'true');
    items.push(make('li', '', [element]));
  });
  if (number > FINDINGS_MAX) items.push(make('li', `and ${count(number - FINDINGS_MAX)} more`));
  if (!number) items.push(make('li', 'none'));
  byId('findings').replaceChildren(...items);
  byId('findings').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  const of = number === findings.length ? '' : ` of ${count(findings.length)}`;
  byId('findings-title').textContent = `Findings: ${count(number)}${of}`;
  byId('previous').disabled = byId('next').disabled = number === 0;
}

/** Shows a finding: its time, its key and its event, whatever was filtered before. */
function jump(index) {
  const it = findings[index];
  if (!it) return;
  finding = index;
  if (!isClass(it)) want.class = '';
  want.lane = -1;
  want.kinds.fill(1);
  want.keys = it.key < 0 ? [] : [it.key];
  want.unknown = [];
  selected = focused = it.event;
  showFilters();
  refilter();
  showPanel();
  look(it.at_us - BEFORE, it.at_us + AFTER);
  // Not by `location.hash`: the browser would leave the timeline for the verdict.
  history.replaceState(null, '', `#finding-${index + 1}`);
}

function jumpBy(direction) {
  const list = [...findings.keys()].filter((index) => isClass(findings[index]));
  if (!list.length) return;
  const nth = list.indexOf(finding);
  const first = direction > 0 ? 0 : list.length - 1;
  jump(nth < 0 ? list[first] : list[(nth + direction + list.length) % list.length]);
}

/** Whether a hash names a finding; if so, goes there. */
function jumpToHash(hash) {
  const number = /^#finding-(\d+)$/.exec(hash)?.[1];
  if (!findings[number - 1]) return false;
  jump(number - 1);
  byId('view').scrollIntoView();
  return true;
}

// ---- The list of what is in view ----

let listTimer = 0;

/** Lists again, once the window has come to rest. */
function listSoon() {
  clearTimeout(listTimer);
  if (byId('listing').open) listTimer = setTimeout(listEvents, 200);
}

function listEvents() {
  const inView = shownInView();
  const cells = (event) => [
    make('td', seconds(at[event])),
    make('td', lanes[events.lane[event]].name),
    make('td', kinds[kindOf[event]]),
    make('td', '', [button(words(event), () => select(event))]),
  ];
  const body = byId('listing').querySelector('tbody');
  body.replaceChildren(
    ...Array.from(inView.subarray(0, LIST_MAX), (event) => make('tr', '', cells(event))),
  );
  const number = Math.min(inView.length, LIST_MAX);
  byId('listing-note').textContent =
    `The first ${count(number)} of ${count(inView.length)} events.`;
}
byId('listing').addEventListener('toggle', listSoon);

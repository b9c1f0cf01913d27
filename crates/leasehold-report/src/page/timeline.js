// The controls of the timeline: filters, keys, wheel and pointers; and where it begins.

// ---- Filters ----

const keyNamed = new Map(keys.map((name, key) => [name, key]));

/** Keys by name: one whose name is all of the text, or several with spaces or commas between. */
function readKeys(text) {
  const names = keyNamed.has(text.trim()) ? [text.trim()] : text.split(/[\s,]+/).filter(Boolean);
  want.keys = names.filter((name) => keyNamed.has(name)).map((name) => keyNamed.get(name));
  want.unknown = names.filter((name) => !keyNamed.has(name));
}

function setKeys(list) {
  want.keys = list;
  want.unknown = [];
  showFilters();
  refilter();
}

function showFilters() {
  byId('filter-keys').value = want.keys.map((key) => keys[key]).join(' ');
  byId('filter-lane').value = want.lane;
  byId('filter-class').value = want.class;
  for (const check of byId('filter-kinds').querySelectorAll('input')) {
    check.checked = want.kinds[check.value] === 1;
  }
}

function fillFilters() {
  const option = (text, value) => {
    const element = make('option', text);
    element.value = value;
    return element;
  };
  byId('key-names').append(...keys.map((name) => option('', name)));
  byId('filter-lane').append(option('all', -1), ...lanes.map((it, lane) => option(it.name, lane)));
  byId('filter-class').append(option('all', ''), ...classes.map((name) => option(name, name)));
  kinds.forEach((name, kind) => {
    const check = make('input');
    check.type = 'checkbox';
    check.value = kind;
    const sign = make('canvas');
    sign.setAttribute('aria-hidden', 'true');
    repaints.push(() => paintSign(sign, kind));
    byId('filter-kinds').append(make('label', '', [check, sign, name]));
  });
}

byId('filters').addEventListener('input', (event) => {
  const { target } = event;
  if (target.id === 'filter-keys') readKeys(target.value);
  if (target.id === 'filter-lane') want.lane = Number(target.value);
  if (target.id === 'filter-class') want.class = target.value;
  if (target.type === 'checkbox') want.kinds[target.value] = Number(target.checked);
  refilter();
});
byId('filters').addEventListener('submit', (event) => event.preventDefault());
byId('filters').addEventListener('reset', (event) => {
  event.preventDefault();
  Object.assign(want, { lane: -1, class: '' });
  want.kinds.fill(1);
  setKeys([]);
});

// ---- Keys, wheel, pointers ----

const KEYS = {
  ArrowLeft: (event) => pan((view.from - view.to) * (event.shiftKey ? 0.5 : 0.1)),
  ArrowRight: (event) => pan((view.to - view.from) * (event.shiftKey ? 0.5 : 0.1)),
  '+': () => zoom(0.5),
  '=': () => zoom(0.5),
  '-': () => zoom(2),
  0: () => look(start, end),
  Home: () => pan(start - view.from),
  End: () => pan(end - view.to),
  ',': () => step(-1),
  '.': () => step(1),
  Enter: () => select(focused),
  Escape: () => select(-1),
};

canvas.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key](event);
});

document.addEventListener('keydown', (event) => {
  const { target } = event;
  const here = target === document.body || byId('view').contains(target);
  const types = target.matches('input:not([type=checkbox]), select');
  if (event.ctrlKey || event.metaKey || event.altKey || !here || types) return;
  if (event.key === 'n') jumpBy(1);
  if (event.key === 'p') jumpBy(-1);
});

// Who scrolls down the page and comes across the canvas goes on scrolling.
let scrolledAt = -Infinity;
addEventListener(
  'scroll',
  (event) => {
    scrolledAt = event.timeStamp;
  },
  { passive: true },
);

canvas.addEventListener(
  'wheel',
  (event) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const isWhole = view.to - view.from >= end - start;
    if (event.timeStamp - scrolledAt < 200 || (isWhole && event.deltaY > 0 && !event.ctrlKey))
      return;
    event.preventDefault();
    const pixels = event.deltaMode ? 30 : 1;
    if (sideways) {
      pan(((event.deltaX || event.deltaY) * pixels * (view.to - view.from)) / plotWidth());
    } else {
      const strength = event.ctrlKey ? 0.01 : 0.002;
      zoom(Math.exp(clamp(event.deltaY * pixels, -300, 300) * strength), timeAt(event.offsetX));
    }
  },
  { passive: false },
);

// Where each finger or the mouse button is down, by pointer.
const held = new Map();
let travelled = 0;

canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0) return;
  if (!held.size) travelled = 0;
  canvas.setPointerCapture(event.pointerId);
  held.set(event.pointerId, event.offsetX);
});

canvas.addEventListener('pointermove', (event) => {
  const { offsetX: x, offsetY: y, pointerId } = event;
  pointer = event.pointerType === 'mouse' && !held.size ? { x, y } : null;
  redraw();
  if (!held.has(pointerId)) return;
  const before = held.get(pointerId);
  held.set(pointerId, x);
  travelled += Math.abs(x - before);
  if (held.size === 1) {
    if (travelled > 3) pan(timeAt(before) - timeAt(x));
    return;
  }
  const [other] = [...held].find(([id]) => id !== pointerId).slice(1);
  const [apart, was] = [Math.abs(x - other), Math.abs(before - other)];
  if (apart > 5 && was > 5) zoom(was / apart, timeAt(other));
});

canvas.addEventListener('pointerup', (event) => {
  if (held.delete(event.pointerId) && travelled <= 3) click(event.offsetX, event.offsetY);
});
canvas.addEventListener('pointercancel', (event) => held.delete(event.pointerId));
canvas.addEventListener('pointerleave', () => {
  pointer = null;
  redraw();
});

function click(x, y) {
  if (y > size.height - FOOT) {
    const time = start + ((x - size.gutter) / plotWidth()) * (end - start);
    pan(time - (view.from + view.to) / 2);
  } else if (y < HEAD) {
    const near = (it) => Math.abs(xOf(it.at_us) - x);
    const list = findings.filter((it) => isClass(it) && near(it) < 10);
    if (list.length) jump(findings.indexOf(list.reduce((a, b) => (near(b) < near(a) ? b : a))));
  } else {
    select(eventNear(x, y));
  }
}

const buttons = {
  previous: () => jumpBy(-1),
  next: () => jumpBy(1),
  'zoom-in': () => zoom(0.5),
  'zoom-out': () => zoom(2),
  'zoom-all': () => look(start, end),
};
for (const [id, onClick] of Object.entries(buttons)) byId(id).addEventListener('click', onClick);

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="#finding-"]');
  if (link && jumpToHash(link.getAttribute('href'))) event.preventDefault();
});
addEventListener('hashchange', () => jumpToHash(location.hash));

// ---- Begin ----

byId('view').hidden = false;
byId('sampled').hidden = !data.sampled;
byId('sampled').textContent = data.sampled ?? '';
repaints.push(readColours);
fillFilters();
showFilters();
for (const repaint of repaints) repaint();
refilter();
showPanel();
new ResizeObserver(resize).observe(canvas.parentElement);
jumpToHash(location.hash);

// What markup cannot do: the theme, copying, numbers as CSV files, and paper.
//
// The files of this folder are one script, in this order: page, data, view, marks, draw, panel,
// timeline. They stand one after the other in one function, so a name is seen by the files after it
// and by nobody else. A page without a timeline needs this file alone.
//
// Laws of all of them: nothing is fetched, stored or evaluated; whatever is text stays text
// (`textContent`, `fillText`); nothing moves by itself.

const byId = (id) => document.getElementById(id);
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const count = (number) => number.toLocaleString('en-US');

function make(tag, text = '', parts = []) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...parts);
  return element;
}

function button(text, onClick) {
  const element = make('button', text);
  element.type = 'button';
  element.addEventListener('click', onClick);
  return element;
}

const repaints = [];
const root = document.documentElement;
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (root.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';

function setTheme(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  byId('theme').textContent = isDark() ? 'Light theme' : 'Dark theme';
  for (const repaint of repaints) repaint();
}

byId('theme').hidden = false;
byId('theme').addEventListener('click', () => setTheme(isDark() ? 'light' : 'dark'));
systemDark.addEventListener('change', () => setTheme(root.dataset.theme));

async function copy(text, from, element) {
  try {
    await navigator.clipboard.writeText(text);
    element.textContent = 'Copied';
  } catch {
    // Without a clipboard it is one keystroke away at least.
    getSelection().selectAllChildren(from);
    element.textContent = 'Selected';
  }
  setTimeout(() => {
    element.textContent = 'Copy';
  }, 1500);
}

for (const block of document.querySelectorAll('pre.copy')) {
  const text = block.textContent.trim();
  const frame = make('div');
  frame.className = 'copyable';
  block.replaceWith(frame);
  frame.append(
    block,
    button('Copy', (event) => copy(text, block, event.target)),
  );
}

function download(block) {
  const lines = block.textContent.replaceAll('\n', '\r\n');
  const link = make('a');
  link.href = URL.createObjectURL(new Blob([lines], { type: 'text/csv' }));
  link.download = `${block.dataset.csv}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const block of document.querySelectorAll('pre[data-csv]')) {
  const what = button('Download CSV', () => download(block));
  block.closest('details').querySelector('summary').after(what);
}

let beforePaper;
addEventListener('beforeprint', () => {
  const closed = [...document.querySelectorAll('main details:not([open])')];
  beforePaper = { closed, theme: root.dataset.theme };
  for (const details of closed) details.open = true;
  setTheme('light');
});
addEventListener('afterprint', () => {
  for (const details of beforePaper.closed) details.open = false;
  setTheme(beforePaper.theme);
});
setTheme();

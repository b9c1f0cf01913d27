// The page of a run, in a real browser: it stands alone, shows what it is given as text, can be
// looked into by mouse and by keyboard, and is read by whoever needs other colours or no colours.
//
// `npm ci && npm test` here; screenshots are left in `screenshots/`.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launch, missing, screenshots } from './browser.mjs';
import { page as write } from './sample.mjs';
import { world } from './world.mjs';

const skip = missing;
const MANY = 50_000;

// What must come out as it went in, wherever a name or a sentence is shown.
const HOSTILE = [
  '<script>window.hit = 1</script>',
  '</script><script>window.hit = 1</script>',
  '"\'`<img src=x onerror="window.hit = 1">',
  '<!--<script>',
  '{key}{lane}$&$1',
  'x'.repeat(500),
  '\u202eשלום عليكم',
  '👩‍🚀🧨 \u0000 \u2028',
  '=HYPERLINK("http://example.com")',
  '__proto__',
  'constructor',
  '',
];

let browser;
let folder;
let AxeBuilder;

before(async () => {
  if (skip) return;
  ({ browser, AxeBuilder } = await launch());
  folder = mkdtempSync(join(tmpdir(), 'leasehold-page-'));
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** Opens a page about a run from disk, and notes what it should not do. */
async function open(run, { hash = '', title, init, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  if (init) await page.addInitScript(init);
  const trouble = [];
  page.on('console', (message) => {
    if (message.type() !== 'log') trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(String(error)));
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  const path = join(folder, `${Math.random()}.html`);
  writeFileSync(path, write(run, title));
  const url = pathToFileURL(path).href + hash;
  await page.goto(url);
  const clean = async () => {
    assert.deepEqual(trouble, []);
    assert.deepEqual(
      requests.filter((it) => !it.startsWith('blob:')).length,
      1,
      requests.join('\n'),
    );
    await context.close();
  };
  return { page, clean };
}

const settle = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
      }),
  );
const shownCount = async (page) => {
  await settle(page);
  return Number(/· ([\d,]+) of/.exec(await page.textContent('#window'))[1].replaceAll(',', ''));
};
/** When an event happened and which kind it is, by its index, as the data has it. */
const kindsOf = (run) =>
  run.events.template.map((template) => run.kinds[run.templates[template].kind]);
const noSideways = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test('a sample opens from disk, asks for nothing else and says nothing', { skip }, async () => {
  const { page, clean } = await open(world(2000));
  assert.equal(await shownCount(page), 2000);
  assert.equal(await page.locator('#findings button').count(), world(2000).findings.length);
  await page.screenshot({ path: `${screenshots}light.png`, fullPage: true });
  await clean();
});

test('a finding is jumped to, by button, key, hash and link', { skip }, async () => {
  const run = world(2000);
  const { page, clean } = await open(run, { hash: '#finding-3' });
  const current = () => page.locator('#findings [aria-current]').textContent();
  const holds = async (nth) => {
    const it = run.findings[nth];
    assert.match(
      await current(),
      new RegExp(`${((it.at_us % 1e6) / 1e6).toFixed(3).slice(1)} s ${run.keys[it.key]},`),
    );
    assert.equal(await page.inputValue('#filter-keys'), run.keys[it.key]);
    assert.equal(new URL(page.url()).hash, `#finding-${nth + 1}`);
    assert.match(await page.textContent('#panel'), /two consider themselves owner/);
  };
  await holds(2);
  await page.click('#next');
  await holds(3);
  await page.keyboard.press('n');
  await holds(4);
  await page.keyboard.press('p');
  await holds(3);
  await page.locator('#verdict a[href="#finding-6"]').click();
  await holds(5);
  assert.ok(await page.locator('#canvas').isVisible());
  await page.evaluate(() => {
    location.hash = '#finding-1';
  });
  await page.waitForFunction(
    () => document.querySelector('#filter-keys').value && location.hash === '#finding-1',
  );
  await holds(0);
  await page.locator('#findings button').last().click();
  await holds(run.findings.length - 1);
  await page.click('#next');
  await holds(0);
  await clean();
});

test(
  'an event is clicked, and its causes are followed back to where it began',
  { skip },
  async () => {
    const run = world(2000);
    const { page, clean } = await open(run);
    await page.click('#next');
    await page.keyboard.press('Escape');
    // The finding is in the middle of its lane's row, two thirds into the window.
    const box = await page.locator('#canvas').boundingBox();
    const rows = await page.evaluate(() => document.querySelector('#canvas').clientHeight);
    await page.locator('#canvas').focus();
    await page.keyboard.press('Escape');
    assert.match(await page.textContent('#panel'), /Click an event/);
    const x = box.x + 104 + (box.width - 114) * (2 / 3);
    let found = false;
    for (let y = 45; y < rows - 30 && !found; y += 10) {
      await page.mouse.click(x, box.y + y);
      found = /two consider themselves owner/.test(await page.textContent('#panel'));
    }
    assert.ok(found, 'a click on the finding shows it');
    const seen = [];
    for (let i = 0; i < 30; i += 1) {
      seen.push(await page.textContent('#panel > p'));
      const cause = page.locator('#panel ul').first().locator('button').first();
      if (!(await cause.count())) break;
      await cause.click();
    }
    assert.ok(
      seen.some((it) => it.startsWith('lost: ')),
      seen.join('\n'),
    );
    assert.match(seen.at(-1), /the player of k\d+ comes to s\d/);
    await page.locator('#panel ul').last().locator('button').first().click();
    assert.match(await page.textContent('#panel > p'), /tries to take/);
    await clean();
  },
);

test('filters leave what they say, alone and together', { skip }, async () => {
  const run = world(2000);
  const kinds = kindsOf(run);
  const { page, clean } = await open(run);
  await page.fill('#filter-keys', 'k3');
  assert.equal(await shownCount(page), run.events.key.filter((key) => key === 3).length);
  await page.fill('#filter-keys', 'k3, k5');
  assert.equal(
    await shownCount(page),
    run.events.key.filter((key) => key === 3 || key === 5).length,
  );
  await page.fill('#filter-keys', 'k3 nobody');
  assert.match(await page.textContent('#filter-note'), /No key is called nobody/);
  await page.selectOption('#filter-lane', { label: 's4' });
  const touches = (i) => run.events.lane[i] === 6;
  assert.equal(
    await shownCount(page),
    run.events.key.filter((key, i) => key === 3 && touches(i)).length,
  );
  await page.click('#filters button[type=reset]');
  assert.equal(await shownCount(page), 2000);
  assert.equal(await page.inputValue('#filter-keys'), '');
  await page.locator('#filter-kinds label', { hasText: 'commit' }).click();
  assert.equal(await shownCount(page), kinds.filter((kind) => kind !== 'commit').length);
  await page.click('#filters button[type=reset]');
  run.findings.slice(0, 3).forEach((it) => {
    it.class = 'another';
  });
  await clean();

  const two = await open(run);
  await two.page.selectOption('#filter-class', 'another');
  assert.equal(await two.page.locator('#findings button').count(), 3);
  const chosen = new Set(run.findings.slice(0, 3).map((it) => it.key));
  assert.equal(await shownCount(two.page), run.events.key.filter((key) => chosen.has(key)).length);
  await two.clean();
});

test('the keyboard alone moves, zooms, steps and opens', { skip }, async () => {
  const { page, clean } = await open(world(2000));
  const place = async () => {
    await settle(page);
    return (await page.textContent('#window')).split(' · ')[0];
  };
  await page.locator('#canvas').focus();
  for (const [key, expected] of [
    ['+', '7:30 to 22:30'],
    ['+', '11:15 to 18:45'],
    ['Home', '0:00 to 7:30'],
    ['Shift+ArrowRight', '3:45 to 11:15'],
    ['ArrowLeft', '3:00 to 10:30'],
    ['End', '22:30 to 30:00'],
    ['-', '15:00 to 30:00'],
    ['0', '0:00 to 30:00'],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await place(), expected, key);
  }
  await page.keyboard.press('.');
  await page.keyboard.press('.');
  const second = await page.textContent('#step');
  await page.keyboard.press('.');
  await page.keyboard.press(',');
  assert.equal(await page.textContent('#step'), second);
  await page.keyboard.press('Enter');
  assert.ok(second.endsWith(await page.textContent('#panel > p')));
  await page.keyboard.press('n');
  assert.match(page.url(), /#finding-1$/);
  await page.locator('#filter-keys').fill('');
  await page.locator('#filter-keys').press('n');
  assert.match(page.url(), /#finding-1$/, 'who types a name jumps nowhere');
  await clean();
});

test('the mouse drags and its wheel zooms about the pointer', { skip }, async () => {
  const { page, clean } = await open(world(2000));
  await page.locator('#canvas').scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  const box = await page.locator('#canvas').boundingBox();
  const [x, y] = [box.x + 104 + (box.width - 114) / 4, box.y + 200];
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -1000);
  await settle(page);
  const [from, to] = (await page.textContent('#window'))
    .split(' · ')[0]
    .split(' to ')
    .map((it) => {
      const [minutes, seconds] = it.split(':').map(Number);
      return minutes * 60 + seconds;
    });
  assert.ok(to - from < 1200, 'it zooms in');
  assert.ok(Math.abs(from + (to - from) / 4 - 450) < 5, 'the time under the pointer stays there');
  await page.mouse.down();
  await page.mouse.move(x + 200, y, { steps: 4 });
  await page.mouse.up();
  await settle(page);
  assert.notEqual(
    (await page.textContent('#window')).split(' to ')[0],
    `${Math.floor(from / 60)}:${from % 60}`,
  );
  await clean();
});

test('hostile names and sentences are shown as the text that they are', { skip }, async () => {
  let nth = 0;
  const run = world(2000, (text) => `${text}${HOSTILE[nth++ % HOSTILE.length]}`);
  run.sampled = HOSTILE[0];
  run.findings.forEach((it, i) => {
    it.class = HOSTILE[i % HOSTILE.length];
  });
  const { page, clean } = await open(run, { hash: '#finding-1', title: HOSTILE[1] });
  assert.equal(await page.textContent('h1'), HOSTILE[1]);
  assert.equal(await page.textContent('#sampled'), HOSTILE[0]);
  for (let i = 0; i < 12; i += 1) await page.keyboard.press('n');
  await page.locator('#listing summary').click();
  await page.waitForFunction(() => document.querySelector('#listing tbody tr'));
  const options = await page.locator('#filter-lane option').allTextContents();
  const plain = (text) => text.replace(/\0/g, '\ufffd');
  assert.deepEqual(
    options.slice(1).map(plain),
    run.lanes.map((lane) => plain(lane.name)),
  );
  const shown = (await page.textContent('#findings')) + (await page.textContent('#listing'));
  for (const text of HOSTILE.slice(0, 3)) assert.ok(shown.includes(text), text);
  // A name that runs from right to left does not turn the rest of the sentence.
  await page.click('#filters button[type=reset]');
  await page.click('#zoom-all');
  const turned = run.lanes.findIndex((lane) => lane.name.includes('\u202e'));
  await page.selectOption('#filter-lane', String(turned));
  const isolated = () =>
    /\u2068[^\u2069]*\u202e[^\u2069]*\u2069/.test(document.querySelector('#listing').textContent);
  await page.waitForFunction(isolated, null, { timeout: 5000 });
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator('#view img, #view script').count(), 0);
  assert.ok(await noSideways(page));
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await noSideways(page), 'nor on a phone');
  await page.screenshot({ path: `${screenshots}hostile.png`, fullPage: true });
  await clean();
});

test('a finding of no event, key or server is one too', { skip }, async () => {
  const run = world(2000);
  run.findings = [
    { class: 'stuck', why: 'it never came', at_us: 9e8, key: -1, lane: -1, event: -1 },
  ];
  const { page, clean } = await open(run, { hash: '#finding-1' });
  assert.match(await page.textContent('#panel'), /stuck: it never came/);
  await page.selectOption('#filter-class', 'stuck');
  await page.click('#zoom-all');
  assert.equal(await shownCount(page), 2000);
  await clean();
});

test('a run without anything in it is a page too', { skip }, async () => {
  const run = world(2000);
  const none = Object.fromEntries(Object.keys(run.events).map((name) => [name, []]));
  const empty = {
    ...run,
    keys: [],
    events: none,
    links: { to: [], from: [], how: [] },
    findings: [],
    owned: [],
    stored: [],
    end_us: 0,
  };
  const { page, clean } = await open(empty);
  assert.equal(await page.textContent('#findings'), 'none');
  await page.locator('#canvas').focus();
  for (const key of ['.', ',', 'Enter', '+', '-', 'ArrowLeft', 'n']) await page.keyboard.press(key);
  await clean();
});

test('a table can be had as CSV, a command copied, the theme changed', { skip }, async () => {
  const { page, clean } = await open(world(2000));
  await page.locator('#chart-commits summary').click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('#chart-commits button'),
  ]);
  assert.equal(download.suggestedFilename(), 'commits.csv');
  const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
  assert.equal(lines[0], 'minute,commits per minute');
  assert.match(lines[30], /^29,\d+$/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.locator('#commands button').first().click();
  await page.waitForFunction(
    () => document.querySelector('#commands button').textContent === 'Copied',
  );
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    'leasehold run sims/lossy-messaging.toml --seed 1',
  );
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click('#theme');
  assert.notEqual(await paper(), light);
  await page.click('#theme');
  assert.equal(await paper(), light);
  await clean();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe has nothing serious to say about ${colorScheme}`, { skip }, async () => {
    const { page, clean } = await open(world(2000), { colorScheme, hash: '#finding-3' });
    await page.locator('#listing summary').click();
    await page.locator('#chart-commits summary').click();
    await page.waitForFunction(() => document.querySelector('#listing tbody tr'));
    const { violations } = await new AxeBuilder({ page }).analyze();
    const told = violations.map(
      (it) =>
        `${it.impact} ${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`,
    );
    assert.deepEqual(
      told.filter((it) => /^(serious|critical)/.test(it)),
      [],
    );
    if (told.length) console.log(told.join('\n'));
    await page.screenshot({ path: `${screenshots}${colorScheme}-finding.png`, fullPage: true });
    await clean();
  });
}

test('a phone scrolls the page downwards only', { skip }, async () => {
  const { page, clean } = await open(world(2000), {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    hash: '#finding-3',
  });
  assert.ok(await noSideways(page));
  await page.locator('#chart-commits summary').click();
  assert.ok(await noSideways(page));
  await page.screenshot({ path: `${screenshots}phone.png`, fullPage: true });
  // Two fingers, and then farther apart.
  await page.locator('#canvas').scrollIntoViewIfNeeded();
  const box = await page.locator('#canvas').boundingBox();
  const before = await shownCount(page);
  const session = await page.context().newCDPSession(page);
  const fingers = (type, ...places) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map((x, id) => ({ x: box.x + x, y: box.y + 100, id })),
    });
  await fingers('touchStart', 150, 200);
  for (let far = 10; far <= 80; far += 10) await fingers('touchMove', 150 - far, 200 + far);
  await fingers('touchEnd');
  assert.ok((await shownCount(page)) < before, 'fingers that part zoom in');
  // Narrower than the names of lanes: nothing can be seen, and nothing hangs.
  await page.setViewportSize({ width: 60, height: 740 });
  await settle(page);
  await clean();
});

test('on paper everything is open and nothing is a control', { skip }, async () => {
  const { page, clean } = await open(world(2000), { colorScheme: 'dark', hash: '#finding-3' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await page.locator('main details:not([open])').count(), 0);
  for (const what of ['nav', '#filters', '.tools', '.copyable button'])
    assert.ok(!(await page.locator(what).first().isVisible()), what);
  assert.ok(await page.locator('#canvas').isVisible());
  assert.equal(
    await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    'rgb(255, 255, 255)',
  );
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.ok((await page.locator('main details:not([open])').count()) > 0);
  await page.pdf({ path: `${screenshots}paper.pdf`, printBackground: true });
  await clean();
});

test('frames of a pan over many events', { skip }, async (t) => {
  const { page, clean } = await open(world(MANY), {
    // How long the page's own drawing takes, from outside.
    init: () => {
      window.drawn = [];
      window.requestFrame = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (draw) =>
        window.requestFrame(() => {
          const began = performance.now();
          draw();
          window.drawn.push(performance.now() - began);
        });
    },
  });
  await page.screenshot({ path: `${screenshots}many.png`, fullPage: true });
  const measure = (zooms) =>
    page.evaluate(async (times) => {
      const canvas = document.querySelector('#canvas');
      const press = (key) => {
        canvas.dispatchEvent(
          new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
        );
      };
      const frame = () =>
        new Promise((done) => {
          window.requestFrame(done);
        });
      press('0');
      for (let i = 0; i < times; i += 1) press('+');
      await frame();
      window.drawn = [];
      const gaps = [];
      let last = await frame();
      for (let i = 0; i < 120; i += 1) {
        press(i % 10 < 5 ? 'ArrowRight' : 'ArrowLeft');
        const now = await frame();
        gaps.push(now - last);
        last = now;
      }
      const at = (list, share) =>
        list.sort((a, b) => a - b)[Math.floor(list.length * share)].toFixed(1);
      const shown = document.querySelector('#window').textContent;
      return { median: at(gaps, 0.5), slow: at(gaps, 0.95), script: at(window.drawn, 0.5), shown };
    }, zooms);
  for (const zooms of [0, 1, 3, 6, 9]) {
    const { median, slow, script, shown } = await measure(zooms);
    t.diagnostic(
      `${shown}: median frame ${median} ms, of it script ${script} ms; 95 % within ${slow} ms`,
    );
  }
  await clean();
});

// Pages that the program has written, in a real browser: each of them keeps to itself, says nothing
// on the console, and has nothing serious wrong for whoever reads it otherwise.
//
// `PAGES=FOLDER npm test` here: every `index.html` below that folder is opened.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launch, missing, screenshots } from './browser.mjs';

const root = process.env.PAGES;
const skip = missing || (!root && 'no folder of pages is given, by PAGES');
const BYTES_MAX = 5_000_000;

const pages = root
  ? readdirSync(root, { recursive: true }).filter((name) => name.endsWith('index.html'))
  : [];

let browser;
let AxeBuilder;

before(async () => {
  if (skip) return;
  ({ browser, AxeBuilder } = await launch());
});

after(async () => browser?.close());

const LOOKS = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true }],
];

test('there are pages to look at', { skip }, () => assert.ok(pages.length > 0, root));

for (const name of pages) {
  test(`${name} stands alone, and is readable`, { skip }, async () => {
    const path = join(root, name);
    assert.ok(statSync(path).size <= BYTES_MAX, `${statSync(path).size} bytes`);
    for (const [look, options] of LOOKS) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const trouble = [];
      page.on('console', (message) => trouble.push(message.text()));
      page.on('pageerror', (error) => trouble.push(String(error)));
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(path).href);
      const finding = page.locator('.findings a').first();
      if ((await finding.count()) > 0 && (await page.locator('#canvas').count()) > 0) {
        await finding.click();
        const panel = page.locator('#panel');
        assert.ok((await panel.textContent()).length > 0, 'a finding says what it is');
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      assert.ok(wide, `${look}: the page scrolls sideways`);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter((it) => ['serious', 'critical'].includes(it.impact));
      const told = serious.map((it) => `${it.id}: ${it.nodes[0].html.slice(0, 200)}`);
      assert.deepEqual(told, [], look);
      const shot = name.replaceAll('/', '-').replace('.html', '');
      await page.screenshot({ path: `${screenshots}${shot}-${look}.png`, fullPage: true });
      assert.deepEqual(trouble, [], look);
      assert.equal(requests.length, 1, requests.join('\n'));
      await context.close();
    }
  });
}

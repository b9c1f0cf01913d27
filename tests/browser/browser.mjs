// The browser of the page tests: whichever Chromium is installed, started in one way.

import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
const executablePath = folders
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why there is no browser, or false. */
export const missing = executablePath
  ? false
  : 'no Chromium in PATH or /usr/bin: on Debian, apt-get install chromium';

/** Where pictures of what was looked at are left. */
export const screenshots = new URL('screenshots/', import.meta.url).pathname;

/** A browser, and what builds an examination of a page by axe. */
export async function launch() {
  const { chromium } = await import('playwright-core');
  const { default: AxeBuilder } = await import('@axe-core/playwright');
  // The sandbox of Chromium cannot be had by root, who is who runs containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  mkdirSync(screenshots, { recursive: true });
  return { browser: await chromium.launch({ executablePath, args }), AxeBuilder };
}

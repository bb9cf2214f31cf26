import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { atEnd } from './cleanup.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of a Chromium on PATH, or undefined. */
export const browserPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** An empty page of a headless Chromium, with the errors and warnings of its console so far. */
export async function openBrowser(): Promise<{ page: Page; hosts: Set<string>; faults: string[] }> {
  if (!browserPath) throw new Error(`none of these is on PATH: ${names.join(', ')}`);
  const browser = await chromium.launch({ executablePath: browserPath });
  atEnd(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  const hosts = new Set<string>();
  const faults: string[] = [];
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:') hosts.add(host);
  });
  // Content-Security-Policy violations are console errors.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()}`));
  return { page, hosts, faults };
}

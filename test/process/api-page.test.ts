import { browserPath, openBrowser } from '@my-app/test-support/browser';
import { type ServiceUnderTest, startServiceA, startServiceB } from '@my-app/test-support/services';
import { beforeAll, expect, test } from 'vitest';

let a: ServiceUnderTest;
let b: ServiceUnderTest;
beforeAll(async () => {
  a = await startServiceA();
  b = await startServiceB(a);
});

const pages = [
  { title: 'Service A', url: () => `${a.http}/docs`, path: '/greeting' },
  { title: 'Service B', url: () => `${b.http}/docs`, path: '/ping_service_a' },
  { title: 'Service A', url: () => `${b.http}/service_a/docs`, path: '/greeting' },
];

// CI requires a browser.
test.for(pages)('the API page of $title calls $path', async ({ title, url, path }, { skip }) => {
  skip(!browserPath && !process.env.CI, 'no Chromium on PATH');
  const { page, hosts, faults } = await openBrowser();
  await page.goto(url());
  await page.getByRole('heading', { name: title }).waitFor();
  expect(await page.title()).toBe(title);

  await page.getByText(path, { exact: true }).click();
  await page.getByText(/^name .*greet/).waitFor();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByPlaceholder('name').fill('Ada');
  await page.getByRole('button', { name: 'Execute' }).click();
  const answer = page.locator('.live-responses-table');
  await answer.getByText('Hello Ada, from Service A!').waitFor();
  expect(await answer.locator('.response-col_status').last().textContent()).toContain('200');

  expect(faults).toEqual([]);
  expect([...hosts]).toEqual([new URL(url()).host]);
});

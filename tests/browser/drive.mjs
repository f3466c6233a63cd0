// Opens a page in chromium without a network, does what the steps say, and prints what was seen as JSON.
//
// node drive.mjs CHROMIUM < {"pages": [{"file", "width", "dark", "steps": [["click", selector], ["key", name], ["type", selector, text],
// ["see", expression], ["file", selector, path], ["wait", expression], ["in", selector of a frame, expression], ["save", selector of a link]]}]};
// what is seen stands in the order of the steps, and with each page what axe-core finds wrong and what the page logs.
import { createRequire } from 'node:module';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const require = createRequire(process.env.MODULES + '/');
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { pages } = JSON.parse(readFileSync(0, 'utf8'));
const browser = await puppeteer.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const results = [];
// Clicks a link that saves a file, and reads what was saved.
const save = async (page, link) => {
  const folder = mkdtempSync(join(tmpdir(), 'gospect-saved-'));
  const session = await browser.target().createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  const name = await page.$eval(link, l => l.download);
  await page.click(link);
  for (let waited = 0; waited < 300 && !existsSync(join(folder, name)); waited++) await new Promise(done => setTimeout(done, 100));
  const text = readFileSync(join(folder, name), 'utf8');
  rmSync(folder, { recursive: true });
  return text;
};
for (const { file, width, dark, steps } of pages) {
  const page = await browser.newPage();
  const seen = [], wrong = [];
  page.on('pageerror', e => wrong.push(String(e)));
  page.on('console', m => wrong.push(m.text()));
  page.on('request', r => { if (!/^(file|data|blob|about):/.test(r.url())) wrong.push('loads ' + r.url()); });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.setViewport({ width, height: 900 });
  await page.goto('file://' + file);
  await page.waitForFunction('!document.getElementById("detail") || document.body.dataset.whole === "yes"');
  for (const [what, a, b] of steps) {
    if (what === 'click') await page.click(a);
    else if (what === 'key') await page.keyboard.press(a);
    else if (what === 'type') { await page.focus(a); await page.keyboard.type(b); }
    else if (what === 'file') await (await page.$(a)).uploadFile(b);
    else if (what === 'wait') await page.waitForFunction(a, { timeout: 300_000 });
    else if (what === 'in') seen.push(await (await (await page.$(a)).contentFrame()).evaluate(b));
    else if (what === 'save') seen.push(await save(page, a));
    else seen.push(await page.evaluate(a));
    // Searching waits for the next letter.
    if (what !== 'see') await new Promise(done => setTimeout(done, what === 'type' ? 400 : 60));
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) wrong.push('wider than the window');
  // The page's own policy lets no foreign script in: axe comes by the debugger. Frames are judged one by one.
  const violations = [];
  for (const frame of page.frames()) {
    await frame.evaluate(axe + ';0');
    const found = await frame.evaluate(() => axe.run({ iframes: false }));
    violations.push(...found.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200)));
  }
  results.push({ seen, wrong: [...new Set(wrong)], violations });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(results));

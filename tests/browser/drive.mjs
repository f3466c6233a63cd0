// Opens a page in chromium without a network, does what the steps say, and prints what was seen as JSON.
//
// node drive.mjs CHROMIUM < {"pages": [{"file", "width", "dark", "steps": [["click", selector], ["key", name], ["type", selector, text],
// ["see", expression]]}]}; what is seen stands in the order of the steps, and with each page what axe-core finds wrong and what the page logs.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const require = createRequire(process.env.MODULES + '/');
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { pages } = JSON.parse(readFileSync(0, 'utf8'));
const browser = await puppeteer.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const results = [];
for (const { file, width, dark, steps } of pages) {
  const page = await browser.newPage();
  const seen = [], wrong = [];
  page.on('pageerror', e => wrong.push(String(e)));
  page.on('console', m => wrong.push(m.text()));
  page.on('request', r => { if (!/^(file|data|blob):/.test(r.url())) wrong.push('loads ' + r.url()); });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.setViewport({ width, height: 900 });
  await page.goto('file://' + file);
  await page.waitForFunction('!document.getElementById("detail") || document.body.dataset.whole === "yes"');
  for (const [what, a, b] of steps) {
    if (what === 'click') await page.click(a);
    else if (what === 'key') await page.keyboard.press(a);
    else if (what === 'type') { await page.focus(a); await page.keyboard.type(b); }
    else seen.push(await page.evaluate(a));
    // Searching waits for the next letter.
    if (what !== 'see') await new Promise(done => setTimeout(done, what === 'type' ? 400 : 60));
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) wrong.push('wider than the window');
  // The page's own policy lets no foreign script in: axe comes by the debugger.
  const session = await page.createCDPSession();
  await session.send('Runtime.evaluate', { expression: axe });
  const found = await page.evaluate(() => axe.run());
  const violations = found.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200));
  results.push({ seen, wrong: [...new Set(wrong)], violations });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(results));

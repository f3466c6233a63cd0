// The picture of README.md: the first page about a program, and where its bytes are. Figures are gospect's own, the layout is the page's.
//
// node docs/picture/make.mjs GOSPECT PROGRAM > docs/picture/gospect.svg       (PROGRAM: testdata/programs/service, built)
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const [gospect, program] = process.argv.slice(2);
const run = (...args) => execFileSync(gospect, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
const page = run('size', '--format', 'html', program);
const data = page.split('id="data">')[1].split('</script>')[0];
const source = name => readFileSync(new URL('../../src/report/page/' + name, import.meta.url), 'utf8');
const context = vm.createContext({ document: { getElementById: () => ({ textContent: data }) }, cells: [] });
const [WIDTH, HEIGHT, LEFT, TOP] = [640, 400, 470, 60];
vm.runInContext(source('model.js') + source('layout.js') + `
area = n => n.now;
layout(tree('module'), ${WIDTH}, ${HEIGHT}, (n, x, y, w, h, depth, open) => cells.push({ name: n.name, bytes: n.now, x, y, w, h, open,
  fill: open ? '#f6f7f9' : color(n, 'kind'), label: shorten(n.name, Math.floor((w - 6) / 6.4)), size: human(n.now) }));
cells.legend = GROUPS.filter(g => [...tree('module').kinds.keys()].some(k => group(k) === g));
`, context);
const xml = s => s.replace(/[&<>"]/g, c => '&#' + c.charCodeAt(0) + ';');
const out = [];
const lines = run(program).replaceAll(program, 'service').split('\n').map(l => l.length > 58 ? l.slice(0, 57) + '…' : l).slice(0, 28);
out.push(`<svg xmlns="http://www.w3.org/2000/svg" width="1130" height="510" viewBox="0 0 1130 510" role="img" font-family="system-ui, sans-serif" font-size="11">`,
  `<title>gospect about a program: what it is, and where its bytes are</title>`,
  `<rect width="1130" height="510" rx="8" fill="#15171b"/>`);
lines.forEach((l, i) => out.push(`<text x="18" y="${32 + 15.5 * i}" fill="${l.startsWith(' ') || i === 0 ? '#e9ebee' : '#8ab8ff'}" font-family="ui-monospace, monospace" font-size="11.5" xml:space="preserve">${xml(l)}</text>`));
out.push(`<text x="${LEFT}" y="32" fill="#e9ebee" font-size="14" font-weight="600">gospect size --format html: ${context.cells[0] ? xml(page.match(/"total":(\d+)/)[1].replace(/\B(?=(\d{3})+$)/g, ',')) : 0} bytes, every one attributed</text>`);
for (const c of context.cells) {
  const [x, y] = [LEFT + c.x, TOP + c.y];
  out.push(`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${c.w.toFixed(1)}" height="${c.h.toFixed(1)}" fill="${c.fill}" stroke="#3a3d42"/>`);
  if (c.w > 34 && c.h > 14) {
    out.push(`<text x="${(x + 3).toFixed(1)}" y="${(y + 12).toFixed(1)}" fill="#111"${c.open ? ' font-weight="600"' : ''}>${xml(c.label)}</text>`);
    if (!c.open && c.h > 28 && c.w > 50) out.push(`<text x="${(x + 3).toFixed(1)}" y="${(y + 25).toFixed(1)}" fill="#111">${c.size}</text>`);
  }
}
let x = 18;
for (const [name, fill] of context.cells.legend) {
  out.push(`<rect x="${x}" y="487" width="11" height="11" fill="${fill}"/><text x="${x + 15}" y="496" fill="#e9ebee" font-size="11">${xml(name)}</text>`);
  x += 40 + name.length * 5.6;
}
out.push('</svg>');
console.log(out.join('\n'));

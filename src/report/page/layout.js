// Where each part stands: squarified rectangles, two levels of them, what is too small gathered in one.
const GROUPS = [
  ["code", "#77AADD", ["code"]], ["function tables (pclntab)", "#99DDFF", ["pclntab"]], ["types, itabs", "#44BB99", ["type", "itab"]],
  ["strings, read-only data", "#BBCC33", ["string", "rodata"]], ["embedded files", "#FFAABB", ["embed"]], ["variables", "#EEDD88", ["data"]],
  ["DWARF, symbols", "#EE8866", ["dwarf", "symtab"]], ["C code", "#B3B300", ["c-code"]], ["other", "#DDDDDD", []],
];
const MODULES = ["#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#B3B300"];
const GREY = "#DDDDDD", MORE = "#EE8866", LESS = "#77AADD";
const SMALLEST = 110;
let area = n => n.now;

function group(kind) {
  const word = names[kind];
  return GROUPS.find(g => g[2].includes(word)) || GROUPS[GROUPS.length - 1];
}
let ranks = null;
function rank(name) {
  if (!ranks) {
    const all = [...tree("module").map.values()].filter(n => !n.name.startsWith("[")).sort((a, b) => b.now - a.now);
    ranks = new Map(all.slice(0, MODULES.length).map((n, i) => [n.name, i]));
  }
  return ranks.has(name) ? ranks.get(name) : -1;
}
function moduleOf(node) {
  for (let n = node; n; n = n.parent) {
    if (n.level === "m") return n.name;
    if (n.owners) return names[data.owners[n.owners.values().next().value][0]];
  }
  return null;
}
function color(node, by) {
  if (node.rest) return GREY;
  if (by === "change") return node.now > node.old ? MORE : node.now < node.old ? LESS : GREY;
  if (by === "module") {
    const i = rank(moduleOf(node));
    return i < 0 ? GREY : MODULES[i];
  }
  let most = null;
  for (const [kind, [now, old]] of node.kinds) {
    const bytes = Math.max(now, old);
    if (!most || bytes > most[1]) most = [kind, bytes];
  }
  return most ? group(most[0])[1] : GREY;
}
/// What a person needs of a path is its end: `…/yaml/v3`.
function shorten(name, room) {
  if (name.length <= room) return name;
  if (room < 3) return "";
  const parts = name.split("/");
  for (let i = 1; i < parts.length; i++) {
    const tail = "…/" + parts.slice(i).join("/");
    if (tail.length <= room) return tail;
  }
  const last = parts[parts.length - 1];
  if (last.length <= room) return last;
  return last.startsWith("…") ? last.slice(0, room) : "…" + last.slice(last.length - room + 1);
}
function squarify(items, x, y, w, h, total, put) {
  let i = 0;
  while (i < items.length && w > 0.5 && h > 0.5 && total > 0) {
    const side = Math.min(w, h), scale = w * h / total;
    let sum = 0, best = Infinity, j = i;
    while (j < items.length) {
      const next = sum + area(items[j]), a = next * scale;
      const worst = Math.max(side * side * area(items[i]) * scale / (a * a), a * a / (side * side * area(items[j]) * scale));
      if (worst > best) break;
      best = worst; sum = next; j++;
    }
    const thick = sum * scale / side;
    let at = 0;
    for (let k = i; k < j; k++) {
      const len = area(items[k]) * scale / thick;
      if (w >= h) put(items[k], x, y + at, thick, len); else put(items[k], x + at, y, len, thick);
      at += len;
    }
    if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
    total -= sum; i = j;
  }
}
/// Largest first; those that nobody could see or hit are one part together, which opens like any other.
function parts(node, space) {
  const all = kids(node).filter(n => area(n) > 0);
  all.sort((a, b) => area(b) - area(a) || (a.name < b.name ? -1 : 1));
  const total = all.reduce((s, n) => s + area(n), 0);
  let cut = all.findIndex(n => area(n) * space / total < SMALLEST);
  if (cut < 0 || cut >= all.length - 1) return [all, total];
  // In the largest space that there is, all the same something must be seen.
  if (cut === 0) cut = Math.min(40, all.length - 1);
  const few = all.slice(cut), rest = make("… " + exact(few.length) + " smaller", node, "");
  rest.rest = true; rest.list = few;
  for (const n of few) {
    for (const [kind, [now, old]] of n.kinds) add(rest, kind, now, old);
  }
  rest.moved = few.reduce((s, n) => s + n.moved, 0);
  const shown = all.slice(0, cut);
  shown.push(rest);
  return [shown, total];
}
/// Calls `put(node, x, y, w, h, depth, open)`: parts of a node and their parts.
function layout(node, w, h, put) {
  const level = (of, x, y, w, h, depth) => {
    const [list, total] = parts(of, w * h);
    squarify(list, x, y, w, h, total, (n, x, y, w, h) => {
      if (w < 2 || h < 2) return;
      const open = depth === 0 && w > 46 && h > 40 && !n.rest && n.level !== "f" && kids(n).length > 1;
      put(n, x, y, w, h, depth, open);
      if (open) level(n, x + 3, y + 18, w - 6, h - 21, 1);
    });
  };
  level(node, 0, 0, w, h, 0);
}

// What is seen and pressed.
const $ = id => document.getElementById(id);
const el = (tag, text, cls) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (cls) e.className = cls;
  return e;
};
const WHY = data.why;
const root = () => tree(view);
let view = LEVELS[data.by] ? data.by : "module", colors = diff ? "change" : "kind", areas = "change", here = tree(view), on = null;
let sort = [diff ? "change" : "bytes", -1], shownRows = 100;
const picked = new Set();

const chain = node => { const all = []; for (let n = node; n; n = n.parent) all.unshift(n); return all; };
function describe(node) {
  const where = chain(node).slice(1).map(n => n.name).join(" › ") || node.name;
  if (diff) return where + ": " + signed(node.now - node.old) + " bytes, from " + exact(node.old) + " to " + exact(node.now);
  return where + ": " + exact(node.now) + " bytes (" + human(node.now) + ", " + percent(node.now, data.shown) + ")";
}
function faded(node) {
  if (!query) return false;
  if (ancestorMatches(node)) return false;
  if (node.rest) return !node.list.some(n => matched(n).some(b => b));
  return !matched(node).some(b => b);
}
function cell(host, node, x, y, w, h, depth, open) {
  const c = el("button", undefined, "cell");
  c.type = "button"; c.tabIndex = -1; c.node = node; c.dataset.name = node.name; c.dataset.depth = depth;
  Object.assign(c.style, { left: x + "px", top: y + "px", width: w + "px", height: h + "px" });
  if (open) c.classList.add("outer"); else c.style.background = color(node, colors);
  c.classList.toggle("faded", faded(node));
  c.classList.toggle("picked", picked.has(node));
  if (w > 24 && h > 13) {
    const room = Math.floor((w - 6) / (open ? 7.2 : 6.8)), label = el("span");
    const amount = diff && areas === "change" ? signedHuman(node.now - node.old) : human(area(node));
    const one = node.name.length + amount.length + 2 <= room, low = open || h < 32;
    label.textContent = low ? shorten(node.name, room) + (one ? "  " + amount : "") : shorten(node.name, room) + (amount.length <= room ? "\n" + amount : "");
    c.append(label);
  }
  // Who speaks to the page says what stands in the cell.
  c.setAttribute("aria-label", (c.textContent ? c.textContent.replace("\n", " ") + ": " : "") + describe(node)); c.title = describe(node);
  c.onclick = e => { if (e.ctrlKey || e.metaKey) pick(node); else if (opens(node)) go(node, true); else choose(node); };
  c.onmouseenter = c.onfocus = () => choose(node);
  host.append(c);
}
function draw(focus) {
  const two = diff && areas === "both", maps = $("maps");
  maps.textContent = ""; maps.classList.toggle("two", two);
  const sides = two ? [["before: " + human(here.old), n => n.old], ["after: " + human(here.now), n => n.now]]
    : [["", diff ? n => n.moved : n => n.now]];
  const drawn = sides.map(([caption, side]) => {
    const figure = el("figure"), map = el("div", undefined, "map");
    if (caption) figure.append(el("figcaption", caption));
    map.setAttribute("role", "group");
    map.setAttribute("aria-label", "Treemap " + (caption || "of " + here.name) + "; the table below has the same figures");
    // Two maps share one scale, as far as the smaller can still be read.
    figure.style.flexGrow = two ? Math.max(side(here) / Math.max(here.old, here.now), 0.25) : 1;
    figure.append(map); maps.append(figure);
    return [map, side];
  });
  for (const [map, side] of drawn) {
    area = side;
    layout(here, map.clientWidth, map.clientHeight, (...at) => cell(map, ...at));
    if (!map.firstChild) map.append(el("p", diff ? "Nothing changed here." : "This has no parts.", "bar"));
  }
  const first = maps.querySelector(".cell");
  if (first) { first.tabIndex = 0; if (focus) first.focus(); }
  breadcrumb(); legend(); found(); table();
  if (!focus) choose(here);
}
function breadcrumb() {
  const path = $("path");
  path.textContent = "";
  chain(here).forEach((n, i) => {
    if (i) path.append(" › ");
    const b = el("button", n.name);
    b.type = "button";
    if (n === here) b.setAttribute("aria-current", "location");
    b.onclick = () => go(n, true);
    path.append(b);
  });
  path.append(" ");
  const size = el("b", diff ? signed(here.now - here.old) : exact(here.now));
  size.id = "shown";
  path.append(size, diff ? " bytes: " + exact(here.old) + " → " + exact(here.now) : " bytes, " + percent(here.now, data.shown));
}
function legend() {
  const list = colors === "change" ? [["grown, or new", MORE], ["shrunk, or gone", LESS], ["as before", GREY]]
    : colors === "module" ? [...(rank(""), ranks)].map(([name, i]) => [name, MODULES[i]]).concat([["other", GREY]])
    : GROUPS.filter(g => [...root().kinds.keys()].some(k => group(k) === g));
  $("legend").replaceChildren(...list.map(([name, paint]) => {
    const li = el("li"), i = el("i");
    i.style.background = paint;
    li.append(i, name);
    return li;
  }));
}
function found() {
  if (!query) { $("found").textContent = ""; return; }
  const [now, old] = matched(root());
  $("found").textContent = diff ? signed(now - old) + " bytes match (" + exact(old) + " → " + exact(now) + ")"
    : exact(now) + " bytes match (" + human(now) + ", " + percent(now, data.shown) + ")";
}
/// What holds a module or package, where the page was told.
function why(node) {
  if (!WHY) return null;
  return node.level === "m" ? WHY.modules[node.name] : node.level === "p" ? WHY.packages[node.name] : null;
}
function choose(node) {
  if (on === node && !picked.size) return;
  on = node;
  const info = $("info"), rows = [];
  if (diff) rows.push(["before", exact(node.old)], ["after", exact(node.now)], ["change", signed(node.now - node.old) + " " + change(node.old, node.now)]);
  else rows.push(["bytes", exact(node.now)], ["size", human(node.now)], ["of the file", percent(node.now, data.total)]);
  if (node.parent && !diff) rows.push(["of " + shorten(node.parent.name, 24), percent(node.now, node.parent.now)]);
  const w = why(node);
  if (w) rows.push(["goes with it", exact(w[1])], ["certainly", exact(w[2])]);
  info.replaceChildren(el("h2", node.name), facts(rows));
  const weight = ([, [now, old]]) => diff ? Math.abs(now - old) : now;
  const kinds = [...node.kinds].sort((a, b) => weight(b) - weight(a));
  if (kinds.length > 1) info.append(facts(kinds.map(([k, [now, old]]) => [names[k], diff ? signed(now - old) : exact(now)])));
  const reason = diff && data.reasons && data.reasons[node.name];
  if (reason) info.append(el("p", reason));
  if (w && w[3].length) info.append(el("p", "Also used by " + w[3].slice(0, 12).join(", ") + (w[3].length > 12 ? " and " + (w[3].length - 12) + " more" : "")));
  const path = w && w[4];
  if (w && (path.length || w[5])) {
    info.append(el("p", "What leads to it: " + w[5]));
    const ol = el("ol");
    for (const [name, how, at] of path) ol.append(el("li", (how ? how + ": " : "") + name + (at ? " (" + at + ")" : "")));
    info.append(ol);
  }
  if (picked.size) {
    // What lies in something else that is picked counts once.
    const top = [...picked].filter(n => !chain(n).slice(0, -1).some(a => picked.has(a)));
    const now = top.reduce((s, n) => s + n.now, 0), old = top.reduce((s, n) => s + n.old, 0);
    const p = el("p", picked.size + " selected: " + (diff ? signed(now - old) : exact(now)) + " bytes" + (diff ? "" : " (" + human(now) + ", " + percent(now, data.shown) + ")"));
    p.id = "picked";
    const clear = el("button", "Clear the selection");
    clear.type = "button";
    clear.onclick = () => { picked.clear(); draw(false); };
    info.append(p, clear);
  }
}
function facts(rows) {
  const t = el("table"), body = el("tbody");
  for (const [name, value] of rows) {
    const tr = el("tr"), th = el("th", name);
    th.scope = "row";
    tr.append(th, el("td", value, "num"));
    body.append(tr);
  }
  t.append(body);
  return t;
}
function pick(node) {
  if (!picked.delete(node)) picked.add(node);
  for (const c of document.querySelectorAll(".cell")) c.classList.toggle("picked", picked.has(c.node));
  for (const box of document.querySelectorAll("#list input")) box.checked = picked.has(box.node);
  on = null; choose(node);
}
function go(node, focus) { here = node; shownRows = 100; on = null; draw(focus); }

const COLUMNS = [
  ["name", "Name", r => r.name],
  ...(diff ? [["old", "Before", r => r.old], ["new", "After", r => r.now], ["change", "Change", r => r.now - r.old], ["part", "", r => r.old ? (r.now - r.old) / r.old : Infinity]]
    : [["size", "Size", r => r.now], ["bytes", "Bytes", r => r.now], ["share", "Share", r => r.now]]),
  ...(WHY ? [["with", "Goes with it", r => (why(r.node) || [0, -1])[1]], ["certain", "Certainly", r => (why(r.node) || [0, 0, -1])[2]]] : []),
];
function listed() {
  if (!query) return kids(here).map(n => ({ node: n, name: n.name, now: n.now, old: n.old }));
  const all = [];
  if (ancestorMatches(here)) return kids(here).map(n => ({ node: n, name: n.name, now: n.now, old: n.old }));
  matched(here, (node, name, now, old) => all.push({ node, name, now, old, inner: node.name !== name }));
  return all;
}
function table() {
  const rows = listed(), [key, way] = sort, of = (COLUMNS.find(c => c[0] === key) || COLUMNS[1])[2];
  const value = diff && key === "change" ? r => Math.abs(of(r)) : of;
  rows.sort((a, b) => {
    const x = value(a), y = value(b);
    return (x < y ? -1 : x > y ? 1 : 0) * way || (a.name < b.name ? -1 : 1);
  });
  $("caption").textContent = query ? "What matches in " + here.name : "Parts of " + here.name;
  const head = el("tr"), th0 = el("td");
  th0.append(el("span", "✓", "dim"));
  head.append(th0);
  for (const [name, title] of COLUMNS) {
    const th = el("th", undefined, name === "name" ? "" : name === "share" || name === "part" || name === "certain" ? "num wide" : "num"), b = el("button", title || "%");
    th.scope = "col"; b.type = "button"; b.dataset.key = name;
    if (name === key) th.setAttribute("aria-sort", way < 0 ? "descending" : "ascending");
    b.onclick = () => { sort = [name, name === key ? -way : name === "name" ? 1 : -1]; table(); $("list").querySelector(`button[data-key=${name}]`).focus(); };
    th.append(b); head.append(th);
  }
  $("list").tHead.replaceChildren(head);
  $("list").tBodies[0].replaceChildren(...rows.slice(0, shownRows).map(row));
  $("more").hidden = rows.length <= shownRows;
  $("more").textContent = "Show more of " + exact(rows.length);
}
function row(r) {
  const tr = el("tr"), first = el("td"), name = el("td");
  if (!r.inner) {
    const box = el("input");
    box.type = "checkbox"; box.node = r.node; box.checked = picked.has(r.node);
    box.setAttribute("aria-label", "Select " + r.name);
    box.onchange = () => pick(r.node);
    first.append(box);
  }
  if (r.inner || opens(r.node)) {
    const b = el("button", r.name);
    b.type = "button"; b.onclick = () => go(r.node, true);
    name.append(b);
  } else name.textContent = r.name;
  if (query && r.node.parent && r.node.parent.parent) name.append(el("span", "  in " + (r.inner ? r.node.name : r.node.parent.name), "dim"));
  tr.append(first, name);
  const put = (text, cls, title) => { const td = el("td", text, "num " + (cls || "")); if (title) td.title = title; tr.append(td); };
  if (diff) {
    const d = r.now - r.old;
    put(exact(r.old)); put(exact(r.now));
    put(signed(d), d > 0 ? "up" : d < 0 ? "down" : "", signedHuman(d));
    put(change(r.old, r.now), "wide");
  } else {
    put(human(r.now), "", exact(r.now) + " bytes"); put(exact(r.now)); put(percent(r.now, data.shown), "wide");
  }
  if (WHY) {
    const w = r.inner ? null : why(r.node);
    put(w ? exact(w[1]) : ""); put(w ? exact(w[2]) : "", "wide");
  }
  if (!r.inner) tr.onmouseenter = () => choose(r.node);
  return tr;
}
function choices(host, list, now, set) {
  for (const [key, text] of list) {
    const b = el("button", text);
    b.type = "button"; b.id = host + "-" + key;
    b.setAttribute("aria-pressed", now === key);
    b.onclick = () => {
      for (const other of $(host).querySelectorAll("button")) other.setAttribute("aria-pressed", other === b);
      set(key); draw(false);
    };
    $(host).append(b);
  }
  $(host).hidden = list.length < 2;
}
choices("views", Object.keys(LEVELS).map(k => [k, k]), view, key => { view = key; here = tree(key); picked.clear(); shownRows = 100; });
choices("colors", diff ? [["change", "change"], ["kind", "kind"], ["module", "module"]] : [["kind", "kind"], ["module", "module"]], colors, key => { colors = key; });
choices("areas", diff ? [["change", "change"], ["both", "before and after"]] : [], areas, key => { areas = key; });
if (!diff) $("areas").remove();
document.title = "gospect " + data.mode + ": " + data.name;
$("title").textContent = data.title;
$("total").textContent = diff ? signed(data.total - data.old) : exact(data.total);
$("totalwords").textContent = diff ? "bytes (" + signedHuman(data.total - data.old) + ", " + change(data.old, data.total) + "): " + exact(data.old) + " → " + exact(data.total)
  : "bytes (" + human(data.total) + ")" + (data.shown !== data.total ? "; shown are " + exact(data.shown) + " that match the filter" : "");
let waiting = 0;
$("search").oninput = e => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { query = e.target.value.trim().toLowerCase(); searches++; shownRows = 100; on = null; draw(false); }, 120);
};
$("more").onclick = () => { shownRows += 400; table(); };
let size = 0;
addEventListener("resize", () => { clearTimeout(size); size = setTimeout(() => draw(false), 80); });
addEventListener("keydown", e => {
  const typing = e.target === $("search"), at = e.target.classList && e.target.classList.contains("cell") ? e.target : null;
  if (e.key === "/" && !typing) { e.preventDefault(); $("search").focus(); }
  else if (e.key === "Escape") {
    if (query) { $("search").value = query = ""; searches++; on = null; draw(true); }
    else if (here.parent) go(here.parent, true);
  } else if (at && e.key === " ") { e.preventDefault(); pick(at.node); }
  else if (at && e.key.startsWith("Arrow")) { e.preventDefault(); move(at, e.key); }
});
/// To the nearest cell that way.
function move(from, key) {
  const dx = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0, dy = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  const f = from.getBoundingClientRect();
  let best = null, least = Infinity;
  for (const c of document.querySelectorAll(".cell")) {
    if (c === from) continue;
    const r = c.getBoundingClientRect(), inside = c.dataset.depth > from.dataset.depth && r.x >= f.x && r.y >= f.y && r.right <= f.right && r.bottom <= f.bottom;
    // Into the parts of a cell goes the way down, to the first of them.
    const x = inside ? r.x - f.x : r.x + r.width / 2 - f.x - f.width / 2, y = inside ? r.y - f.y : r.y + r.height / 2 - f.y - f.height / 2;
    if (inside && !dy) continue;
    const along = dx * x + dy * y, aside = Math.abs(dy * x) + Math.abs(dx * y);
    if (along > 1 && along + 2 * aside < least) { least = along + 2 * aside; best = c; }
  }
  if (best) { from.tabIndex = -1; best.tabIndex = 0; best.focus(); }
}
draw(false);
unpack().then(() => { if (blocks) { searches++; on = null; const held = document.activeElement.classList.contains("cell"); draw(held); document.body.dataset.whole = "yes"; } });

"use strict";
// The numbers: rows of the page's data → a tree for each view, functions and types unfolded when they are looked at.
const data = JSON.parse(document.getElementById("data").textContent);
const diff = data.mode === "diff", names = data.names;
const LEVELS = { module: "mp", package: "p", kind: "kmp", section: "skp" };
const digits = n => Math.abs(n).toLocaleString("en-US");
const exact = n => (n < 0 ? "-" : "") + digits(n);
const signed = n => (n > 0 ? "+" : n < 0 ? "-" : "") + digits(n);
function human(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let v = Math.abs(n), u = 0;
  while (u < 4 && v >= (u ? 1023.95 : 1024)) { v /= 1024; u++; }
  return (n < 0 ? "-" : "") + (u ? v.toFixed(1) : v) + " " + units[u];
}
const signedHuman = n => (n > 0 ? "+" : "") + human(n);
const percent = (part, whole) => whole ? (100 * part / whole).toFixed(1) + " %" : "";
const change = (old, now) => old ? (now >= old ? "+" : "") + (100 * (now - old) / old).toFixed(1) + " %" : now ? "new" : "";

function make(name, parent, level) {
  return { name, parent, level, now: 0, old: 0, moved: 0, kinds: new Map(), map: null, list: null, owners: null, kind: -1 };
}
function add(node, kind, now, old) {
  node.now += now; node.old += old; node.moved += Math.abs(now - old);
  const k = node.kinds.get(kind);
  if (k) { k[0] += now; k[1] += old; } else node.kinds.set(kind, [now, old]);
}
const trees = {};
function tree(view) {
  if (trees[view]) return trees[view];
  const root = make(data.name, null, "");
  for (const [owner, kind, section, now, before] of data.rows) {
    const old = before || 0, [module, pack] = data.owners[owner];
    const key = { m: module, p: pack, k: kind, s: section };
    add(root, kind, now, old);
    let node = root;
    for (const level of LEVELS[view]) {
      if (!node.map) node.map = new Map();
      let next = node.map.get(key[level]);
      if (!next) {
        next = make(names[key[level]], node, level);
        next.kind = level === "k" ? kind : node.kind;
        node.map.set(key[level], next);
      }
      node = next;
      add(node, kind, now, old);
    }
    if (view !== "section") (node.owners = node.owners || new Set()).add(owner);
  }
  return trees[view] = root;
}

// Functions, types and variables: packed, because large programs have hundreds of thousands. A block for each owner, a line for each name:
// the name, then for each kind its number, bytes now and bytes before.
let blocks = null;
async function unpack() {
  const packed = document.getElementById("detail");
  if (!packed || !window.DecompressionStream) return;
  const bytes = Uint8Array.from(atob(packed.textContent), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const text = await new Response(stream).text();
  blocks = new Map();
  for (const block of text.split("\f").slice(1)) {
    const end = block.indexOf("\n");
    blocks.set(Number(block.slice(0, end)), block.slice(end + 1));
  }
  packed.remove();
}
function* symbols(node) {
  for (const owner of node.owners) {
    const block = blocks.get(owner);
    if (!block) continue;
    for (const line of block.split("\n")) {
      if (!line) continue;
      const fields = line.split("\t"), kinds = [];
      for (let i = 1; i < fields.length; i++) {
        const [kind, now, old] = fields[i].split(" ");
        if (node.kind < 0 || node.kind === Number(kind)) kinds.push([Number(kind), Number(now), Number(old || 0)]);
      }
      if (kinds.length) yield [fields[0], kinds];
    }
  }
}
/// The parts of a node.
function kids(node) {
  if (node.list) return node.list;
  if (node.map) return node.list = [...node.map.values()];
  if (node.owners && blocks) return node.list = unfold(node);
  const parts = byKind(node);
  // Without the functions the parts are not the last word.
  if (!node.owners || !data.symbols) node.list = parts;
  return parts;
}
/// Has it parts? Without unfolding them.
function opens(node) {
  if (node.list) return node.list.length > 0;
  return Boolean(node.map) || Boolean(node.owners && data.symbols) || node.kinds.size > 1;
}
function byKind(node) {
  if (node.kinds.size < 2) return [];
  return [...node.kinds].map(([kind, [now, old]]) => {
    const child = make("[" + names[kind] + "]", node, "k");
    child.kind = kind; add(child, kind, now, old);
    return child;
  });
}
function unfold(node) {
  const all = new Map(), left = new Map([...node.kinds].map(([k, v]) => [k, [...v]]));
  for (const [name, kinds] of symbols(node)) {
    let child = all.get(name);
    if (!child) all.set(name, child = make(name, node, "f"));
    for (const [kind, now, old] of kinds) {
      add(child, kind, now, old);
      const rest = left.get(kind);
      rest[0] -= now; rest[1] -= old;
    }
  }
  const list = [...all.values()];
  for (const child of list) child.moved = Math.abs(child.now - child.old) || (child.moved ? 1 : 0);
  for (const [kind, [now, old]] of left) {
    if (!now && !old) continue;
    const child = make("[" + names[kind] + "]", node, "k");
    child.kind = kind; add(child, kind, now, old);
    list.push(child);
  }
  return list;
}

// Search: what of a node lies under names that have the text in them.
let query = "", searches = 0;
const has = name => name.toLowerCase().includes(query);
function ancestorMatches(node) {
  for (let n = node; n && n.parent; n = n.parent) if (has(n.name)) return true;
  return false;
}
/// Bytes now and before of what matches below a node; `found` is told of each match.
function matched(node, found) {
  if (!found && node.asked === searches) return node.answer;
  let sum = [0, 0];
  if (node.parent && has(node.name)) {
    sum = [node.now, node.old];
    if (found) found(node, node.name, node.now, node.old);
  } else if (node.owners && !node.list) {
    if (blocks && [...node.owners].some(o => (blocks.get(o) || "").toLowerCase().includes(query))) {
      const seen = new Map();
      for (const [name, kinds] of symbols(node)) {
        if (!has(name)) continue;
        const s = seen.get(name) || [0, 0];
        for (const k of kinds) { s[0] += k[1]; s[1] += k[2]; }
        seen.set(name, s);
      }
      for (const [name, s] of seen) {
        sum[0] += s[0]; sum[1] += s[1];
        if (found) found(node, name, s[0], s[1]);
      }
    }
  } else {
    for (const child of kids(node)) {
      const s = matched(child, found);
      sum[0] += s[0]; sum[1] += s[1];
    }
  }
  if (!found) { node.asked = searches; node.answer = sum; }
  return sum;
}

"use strict";
(() => {
  const at = id => document.getElementById(id);
  const say = (text, bad) => { at("status").textContent = text; at("status").classList.toggle("bad", !!bad); };
  // Runs beside the page, so that this stays alive however large the file is; one for each file, whose memory goes with it.
  const work = () => {
    const NAMES = ["info", "check", "size", "report", "sizes"];
    onmessage = async ({ data: { module, file, name, day } }) => {
      let api = null;
      const text = (start, length) => new TextDecoder().decode(new Uint8Array(api.memory.buffer, start, length));
      try {
        const bytes = new Uint8Array(await file.arrayBuffer());
        api = (await WebAssembly.instantiate(module, {})).exports;
        for (const part of [bytes, ...[name, day].map(s => new TextEncoder().encode(s))]) {
          const start = api.room(part.length);
          if (!start) throw new Error("there is not enough memory for this file");
          new Uint8Array(api.memory.buffer, start, part.length).set(part);
        }
        const answered = fine => ({ fine: fine === 1, text: text(api.answer(), api.answer_len()) });
        const opened = answered(api.open());
        if (!opened.fine) throw new Error(opened.text);
        for (const [number, what] of NAMES.entries()) postMessage({ what, ...answered(api.tell(number)) });
        postMessage({ what: "end" });
      } catch (e) {
        const said = api && api.fault_len() ? text(api.fault(), api.fault_len()) : "";
        postMessage({ what: "fault", text: said ? "gospect has a bug: " + said : e.message || String(e) });
      }
    };
  };
  const script = URL.createObjectURL(new Blob(["(" + work + ")()"], { type: "text/javascript" }));
  let module = null, worker = null, urls = [];

  const grouped = n => n.toLocaleString("en-US");
  // As the program escapes them: control characters and what changes the direction of text.
  const plain = s => s.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    c => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const counted = (n, word) => n + " " + word + (n === 1 ? "" : "s");
  const told = {
    info(text) {
      const f = JSON.parse(text);
      const parts = [grouped(f.file_size) + " bytes", [f.format, f.os && f.os + "/" + f.arch].filter(Boolean).join(", "), f.go_version,
        f.main && f.main.path, f.linkage].filter(Boolean);
      at("facts").textContent = plain(parts.join(" · "));
    },
    check(text) {
      const s = JSON.parse(text).summary;
      const found = [[s.errors, "error"], [s.warnings, "warning"], [s.notes, "note"]].filter(([n]) => n > 0);
      at("facts").textContent += " · audit: " + (found.map(([n, w]) => counted(n, w)).join(", ") || "no findings");
    },
    size(text) { at("size").srcdoc = text; },
    report(text) { at("report").srcdoc = text; },
    sizes() {},
  };
  const ENDS = { info: "info.json", check: "check.json", size: "size.html", report: "report.html", sizes: "size.json" };
  const offer = (what, text, name) => {
    const link = at("save-" + what), url = URL.createObjectURL(new Blob([text], { type: what === "size" || what === "report" ? "text/html" : "application/json" }));
    urls.push(url);
    link.href = url;
    link.download = name + "." + ENDS[what];
    link.hidden = false;
  };
  const show = which => {
    for (const id of ["report", "size"]) {
      at(id).hidden = id !== which;
      at("show-" + id).setAttribute("aria-pressed", String(id === which));
    }
  };
  const look = file => {
    if (!module) return;
    if (worker) worker.terminate();
    for (const url of urls.splice(0)) URL.revokeObjectURL(url);
    for (const what of Object.keys(ENDS)) { at("save-" + what).hidden = true; at("save-" + what).removeAttribute("href"); }
    at("told").hidden = true;
    at("report").removeAttribute("srcdoc");
    at("size").removeAttribute("srcdoc");
    delete document.body.dataset.done;
    document.body.classList.add("some");
    show("report");
    const name = file.name;
    at("name").textContent = plain(name);
    at("facts").textContent = "";
    say("Reading " + plain(name) + "…");
    const started = performance.now();
    const end = (text, bad) => { say(text, bad); document.body.dataset.done = "yes"; };
    worker = new Worker(script);
    const failed = [];
    worker.onerror = e => end(e.message || "the file could not be read", true);
    worker.onmessage = ({ data }) => {
      if (data.what === "fault" || data.what === "info" && !data.fine) {
        at("told").hidden = true;
        worker.terminate();
        end(plain(name) + ": " + plain(data.text), true);
      } else if (data.what === "end") {
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        end(failed.length ? failed.join("; ") : "Read in " + seconds + " seconds.", failed.length > 0);
      } else if (!data.fine) {
        failed.push(data.what + ": " + plain(data.text));
      } else {
        at("told").hidden = false;
        told[data.what](data.text);
        offer(data.what, data.text, name);
        say("Working: " + { info: "the gate", check: "sizes", size: "the report", report: "sizes as JSON", sizes: "the end" }[data.what] + "…");
      }
    };
    worker.postMessage({ module, file, name, day: new Date().toISOString().slice(0, 10) });
  };

  at("show-report").onclick = () => show("report");
  at("show-size").onclick = () => show("size");
  at("file").onchange = e => { if (e.target.files[0]) look(e.target.files[0]); };
  const over = on => e => { e.preventDefault(); document.body.classList.toggle("over", on); };
  addEventListener("dragenter", over(true));
  addEventListener("dragover", over(true));
  addEventListener("dragleave", e => { if (!e.relatedTarget) over(false)(e); });
  addEventListener("drop", e => { over(false)(e); if (e.dataTransfer.files[0]) look(e.dataTransfer.files[0]); });

  (async () => {
    try {
      const packed = at("detail"), bytes = Uint8Array.from(atob(packed.textContent), c => c.charCodeAt(0));
      packed.remove();
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      module = await WebAssembly.compile(await new Response(stream).arrayBuffer());
      at("file").disabled = false;
      say("Ready.");
    } catch (e) {
      say("This browser can't run gospect: " + (e.message || e), true);
    }
    document.body.dataset.whole = "yes";
  })();
})();

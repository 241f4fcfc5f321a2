// What the portal does in a browser: search, filters, and the way back to a marked cell. Everything else works without.
"use strict";

(() => {
  const root = document.body.dataset.root;
  const here = document.body.dataset.here;

  // --- filter the rows of one page ---
  for (const input of document.querySelectorAll("[data-filter]")) {
    const table = document.querySelector("table.filterable");
    const output = document.querySelector("output[for=filter]");
    const rows = table ? [...table.tBodies[0].rows].map((row) => [row, row.textContent.normalize("NFKC").toLowerCase()]) : [];
    input.addEventListener("input", () => {
      const words = input.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      output.textContent = words.length ? output.dataset.words.replace("{n}", shown) : "";
    });
  }

  // --- a marked cell is brought into sight inside its picture ---
  const show = () => {
    const mark = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    // Who comes from elsewhere may look for a mark that a later portion of the page has.
    const later = location.hash.length > 1 && !mark && document.querySelector(".portions [aria-current] + a");
    if (later) location.replace(later.href + location.hash);
    if (mark instanceof SVGElement) mark.scrollIntoView({ block: "center", inline: "center" });
  };
  addEventListener("hashchange", show);
  addEventListener("load", show);

  // --- search ---
  const form = document.querySelector("[data-search]");
  if (!form) return;
  const SHOWN = 20;
  const status = document.querySelector("[data-status]");
  const results = document.querySelector("[data-results]");
  const words = JSON.parse(form.dataset.kinds);
  const files = new Map();
  const load = (name) => {
    if (!files.has(name)) {
      files.set(name, fetch(`${root}search/${name}`).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.status} ${name}`);
        return answer.json();
      }));
    }
    return files.get(name);
  };
  const hash = (name) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    return value;
  };
  const normalize = (text) => text.normalize("NFKC").toLowerCase();
  const cut = (text) => {
    const plain = normalize(text);
    const grams = new Set(plain.match(/[a-z0-9]+/g) || []);
    for (const run of plain.match(/[\u3400-\u9fff\uf900-\ufaff]+/g) || []) {
      if (run.length === 1) grams.add(run);
      for (let i = 0; i + 1 < run.length; i += 1) grams.add(run.slice(i, i + 2));
    }
    return [...grams];
  };
  const keysOf = (joined) => joined.match(/.{10}/g) || [];
  const read = async (index, gram) => {
    const shard = await load(`grams/${hash(gram) % index.files}.json`);
    return Object.hasOwn(shard, gram) ? shard[gram] : [0, ""];
  };
  const entryOf = async (index, key) => (await load(`entries/${hash(key) % index.files}.json`))[key];

  const find = async (asked) => {
    const index = await load("index.json");
    const facets = [["k", asked.kind], ["y", asked.year], ["p", asked.phase], ["r", asked.region]].filter(([, value]) => value);
    const grams = [...cut(asked.q), ...facets.map(([letter, value]) => `${letter}:${value}`)];
    if (!grams.length) return { found: [], isWhole: true };
    const lists = (await Promise.all(grams.map((gram) => read(index, gram)))).sort((a, b) => a[0] - b[0]);
    if (lists[0][0] === 0) return { found: [], isWhole: true };
    // A list that is cut short narrows nothing down: the entries' own words decide.
    let keys = keysOf(lists[0][1]);
    for (const [count, joined] of lists.slice(1)) {
      if (count > index.listed) continue;
      const own = new Set(keysOf(joined));
      keys = keys.filter((key) => own.has(key));
    }
    const terms = normalize(asked.q).split(/\s+/).filter(Boolean);
    const fits = ([kind, names, more, , year, phase, region, also]) => {
      const text = normalize(`${names.join(" ")} ${more} ${also}`);
      return terms.every((term) => text.includes(term)) && (!asked.kind || kind === asked.kind) && (!asked.year || String(year) === asked.year)
        && (!asked.phase || phase === asked.phase) && (!asked.region || region === asked.region);
    };
    const found = [];
    let looked = 0;
    while (looked < keys.length && found.length < SHOWN) {
      const some = await Promise.all(keys.slice(looked, looked + SHOWN).map((key) => entryOf(index, key)));
      looked += SHOWN;
      found.push(...some.filter(fits));
    }
    return { found: found.slice(0, SHOWN), isWhole: looked >= keys.length && found.length <= SHOWN && lists[0][0] <= index.listed };
  };

  const highlight = (parent, text, terms) => {
    const plain = normalize(text);
    // Only where normalising kept each character's place.
    const term = plain.length === text.length ? terms.find((one) => plain.includes(one)) : undefined;
    if (term === undefined) { parent.append(text); return; }
    const at = plain.indexOf(term);
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + term.length);
    parent.append(text.slice(0, at), mark, text.slice(at + term.length));
  };
  const render = ({ found, isWhole }, asked) => {
    const terms = normalize(asked.q).split(/\s+/).filter(Boolean);
    const isEmpty = !asked.q.trim() && !asked.kind && !asked.year && !asked.phase && !asked.region;
    status.textContent = isEmpty ? "" : !found.length ? form.dataset.none : (isWhole ? form.dataset.found : form.dataset.first).replace("{n}", found.length);
    results.replaceChildren(...found.map(([kind, names, more, address, year, phase]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = here + address;
      const isEnglish = document.documentElement.lang === "en";
      highlight(link, (isEnglish && names[1]) || names[0], terms);
      const where = document.createElement("div");
      where.className = "where";
      highlight(where, [words[kind], year, phase && words[phase], more].filter(Boolean).join(" · "), terms);
      item.append(link, where);
      return item;
    }));
  };

  let latest = 0;
  const search = async () => {
    const asked = Object.fromEntries(new FormData(form));
    const own = ++latest;
    const began = performance.now();
    try {
      const answer = await find(asked);
      if (own !== latest) return;
      render(answer, asked);
      results.dataset.milliseconds = (performance.now() - began).toFixed(1);
      results.dataset.answers = asked.q;
    } catch (error) {
      status.textContent = form.dataset.failed;
      console.error(error);
    }
  };
  const restore = () => {
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    search();
  };
  const keep = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  };
  form.addEventListener("input", () => { keep(); search(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); keep(); search(); });
  restore();
})();

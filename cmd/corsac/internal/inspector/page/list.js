// The list of requests: filters, search, and rows of which only those that can be
// seen are in the document, so that ten thousand are as fast as ten.

import { h, icon, symbol, words } from "./dom.js";

const spare = 8; // rows beyond what can be seen

export class List {
  #rows = []; // all, by ID
  #shown = []; // those that pass the filters
  #selected = 0; // ID
  #frame = 0;
  #drawn = new Map(); // elements, by ID
  #follow = true; // whether the end stays in view

  constructor(onSelect) {
    this.onSelect = onSelect;
    this.box = document.getElementById("list");
    this.spacer = this.box.firstElementChild;
    this.empty = document.getElementById("empty");
    this.filters = { text: "", state: "", method: "", server: "", everything: false };
    this.box.addEventListener("scroll", () => {
      this.#follow = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 8;
      this.#draw();
    }, { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.box);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-id]");
      if (row) this.select(Number(row.dataset.id), true);
    });
    this.#controls();
  }

  // replace shows a new list.
  replace(rows) {
    this.#rows = [];
    this.#drawn.clear();
    this.#follow = true;
    this.change({ rows, first: 0 });
  }

  // change adds rows, replaces those that have changed, and drops what is gone.
  change({ rows, first }) {
    const gone = this.#rows.findIndex((row) => row.id >= first);
    if (gone !== 0) this.#rows.splice(0, gone < 0 ? this.#rows.length : gone);
    for (const row of rows) {
      row.text = `${row.method} ${row.target} ${row.status || row.error} ${row.why} ${row.fault} ${row.server} ${row.page}`.toLowerCase();
      this.#drawn.delete(row.id);
      const last = this.#rows.at(-1);
      if (!last || row.id > last.id) {
        this.#rows.push(row);
        continue;
      }
      const at = this.#index(this.#rows, row.id);
      if (this.#rows[at]?.id === row.id) this.#rows[at] = row;
      else this.#rows.splice(at, 0, row);
    }
    this.#filter();
  }

  get selected() { return this.#selected; }
  get length() { return this.#rows.length; }
  row(id) {
    const row = this.#rows[this.#index(this.#rows, id)];
    return row?.id === id ? row : undefined;
  }

  // select selects a row; 0 selects none.
  select(id, open) {
    this.#selected = id;
    const at = this.#index(this.#shown, id);
    if (id && this.#shown[at]?.id === id) this.#reveal(at);
    this.#draw();
    if (open) this.onSelect(id);
  }

  #index(rows, id) {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #controls() {
    const bind = (id, event, set) => document.getElementById(id).addEventListener(event, (e) => {
      set(e.target);
      this.#filter();
    });
    bind("search", "input", (e) => { this.filters.text = e.value.trim().toLowerCase(); });
    bind("method", "change", (e) => { this.filters.method = e.value; });
    bind("server", "change", (e) => { this.filters.server = e.value; });
    bind("everything", "change", (e) => { this.filters.everything = e.checked; });
    const states = document.getElementById("states");
    for (const [state, word] of [["", "All"], ["blocked", "Blocked"], ["unknown", "Unknown"], ["allowed", "Allowed"]]) {
      states.append(h("button", {
        type: "button", "aria-pressed": String(state === ""), dataset: { state },
        onclick: () => this.setState(state),
      }, state && icon(state), word, h("span", { class: "number" }, "0")));
    }
    document.querySelector("form.filters").addEventListener("submit", (event) => event.preventDefault());
  }

  // setState shows only requests with a verdict, or all.
  setState(state) {
    this.filters.state = state;
    for (const b of document.querySelectorAll("#states button")) b.setAttribute("aria-pressed", String(b.dataset.state === state));
    this.#filter();
  }

  #filter() {
    const { text, state, method, server, everything } = this.filters;
    const counts = { "": 0, blocked: 0, unknown: 0, allowed: 0 };
    const methods = new Set(), servers = new Set();
    let others = 0;
    this.#shown = this.#rows.filter((row) => {
      methods.add(row.method);
      if (row.server) servers.add(row.server);
      if (method && row.method !== method || server && row.server !== server || text && !row.text.includes(text)) return false;
      if (row.state === "free" && !row.fault && !everything) {
        others++;
        return false;
      }
      counts[""]++;
      if (row.state in counts) counts[row.state]++;
      return !state || row.state === state;
    });
    for (const b of document.querySelectorAll("#states button")) b.lastElementChild.textContent = counts[b.dataset.state].toLocaleString("en");
    this.#options("method", methods);
    this.#options("server", servers);
    const hidden = this.#rows.length - this.#shown.length;
    document.getElementById("count").textContent = `${this.#shown.length.toLocaleString("en")} of ${this.#rows.length.toLocaleString("en")} requests` +
      (others ? `; ${others.toLocaleString("en")} that CORS is not about ${others === 1 ? "is" : "are"} hidden` : "");
    this.#showEmpty(hidden);
    this.#draw();
  }

  #options(id, values) {
    const select = document.getElementById(id);
    for (const value of [...values].sort()) {
      if (![...select.options].some((o) => o.value === value)) select.append(h("option", { value }, value));
    }
  }

  #showEmpty(hidden) {
    const none = this.#shown.length === 0;
    this.empty.hidden = !none;
    this.box.hidden = none;
    if (!none) return;
    const [title, text] = hidden
      ? ["Nothing here with these filters", `${hidden.toLocaleString("en")} ${hidden === 1 ? "request is" : "requests are"} hidden. Press Esc to show all.`]
      : ["Waiting for the first request", "Open your page through corsac dev and use it. What it asks of the API appears here, with what CORS would say in production."];
    this.empty.replaceChildren(symbol("fox"), h("h2", {}, title), h("p", {}, text));
  }

  // reset removes all filters.
  reset() {
    this.filters = { ...this.filters, text: "", method: "", server: "" };
    for (const id of ["search", "method", "server"]) document.getElementById(id).value = "";
    this.setState("");
  }

  get #rowHeight() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) * 3.25;
  }

  #reveal(at) {
    const height = this.#rowHeight, top = at * height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + height - this.box.clientHeight;
  }

  #draw() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  #drawNow() {
    const height = this.#rowHeight;
    this.spacer.style.height = `${this.#shown.length * height}px`;
    if (this.#follow) this.box.scrollTop = this.box.scrollHeight;
    const from = Math.max(0, Math.floor(this.box.scrollTop / height) - spare);
    const to = Math.min(this.#shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + spare);
    const seen = new Map();
    for (let i = from; i < to; i++) {
      const row = this.#shown[i];
      const e = this.#drawn.get(row.id) ?? rowElement(row);
      e.style.transform = `translateY(${i * height}px)`;
      e.setAttribute("aria-selected", String(row.id === this.#selected));
      e.setAttribute("aria-posinset", String(i + 1));
      e.setAttribute("aria-setsize", String(this.#shown.length));
      seen.set(row.id, e);
    }
    this.#drawn = seen;
    const want = [...seen.values()];
    if (want.length !== this.spacer.children.length || want.some((e, i) => e !== this.spacer.children[i])) this.spacer.replaceChildren(...want);
    if (seen.has(this.#selected)) this.box.setAttribute("aria-activedescendant", `row-${this.#selected}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const at = this.#index(this.#shown, this.#selected);
    const here = this.#shown[at]?.id === this.#selected;
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.#rowHeight) - 1);
    const moves = { ArrowDown: here ? at + 1 : at, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: this.#shown.length - 1 };
    if (event.key === "Enter" && here) {
      this.onSelect(this.#selected, true);
    } else if (event.key in moves && this.#shown.length) {
      const next = Math.max(0, Math.min(this.#shown.length - 1, moves[event.key]));
      this.select(this.#shown[next].id, !matchMedia("(max-width: 60rem)").matches);
    } else {
      return;
    }
    event.preventDefault();
  }
}

// rowElement returns a row of the list.
function rowElement(row) {
  const differ = new Set(row.states).size > 1;
  return h("div", {
    role: "option", id: `row-${row.id}`, class: "row", dataset: { id: row.id, state: row.state },
    "aria-label": `${words[row.state]}: ${row.method} ${row.target}, ${row.status || row.error}. ${row.why}`,
  },
  icon(row.state),
  h("span", { class: "method" }, row.kind === "preflight" ? "OPTIONS" : row.method),
  h("span", { class: "target", title: row.target }, row.target),
  h("span", { class: "status", dataset: { failed: row.status >= 400 || !row.status } }, String(row.status || "—")),
  h("span", { class: "why", title: row.why }, row.kind === "preflight" && h("b", {}, "Preflight. "), row.fault && h("b", { class: "fault" }, `On purpose: ${row.fault}. `), row.why),
  h("span", { class: "time" }, differ ? ["Chrome", "Firefox", "Safari"].map((name, i) => icon(row.states[i], `${name}: ${words[row.states[i]]}`)) : duration(row)),
  );
}

// duration returns how long a response took.
export function duration(row) {
  if (!row.done && row.kind !== "websocket") return "open";
  return row.wait < 1 ? "<1 ms" : row.wait < 1000 ? `${Math.round(row.wait)} ms` : `${(row.wait / 1000).toFixed(1)} s`;
}

// The policy panel: what the recorded requests need, a policy to edit with its effect
// on them, what differs from corsac.yaml, and the export.

import { get, post } from "./api.js";
import { code, debounced, h, icon, toast } from "./dom.js";

export class Policy {
  constructor(onOpen) {
    this.root = document.getElementById("policy");
    this.onOpen = onOpen;
    this.panel = null;
    this.edited = false;
    this.turn = 0;
  }

  // show asks for what was seen, and shows it.
  async show(setting) {
    this.setting = setting;
    if (!this.panel) this.root.replaceChildren(h("div", { class: "empty" }, h("p", {}, "Learning the policy from what was seen…")));
    try {
      this.panel = await get("policy");
    } catch (error) {
      toast(error.message);
      return;
    }
    if (!this.editor) this.#build();
    if (!this.edited) this.editor.value = this.panel.yaml || this.panel.file;
    this.#sources();
    this.diff.replaceChildren(...this.#diffs());
    this.#try();
  }

  #build() {
    const changed = debounced(() => this.#try(), 200);
    this.editor = h("textarea", {
      id: "yaml", spellcheck: "false", autocomplete: "off", "aria-describedby": "mistakes", wrap: "off",
      oninput: () => { this.edited = true; changed(); },
    });
    this.mistakes = h("ul", { id: "mistakes", class: "mistakes", role: "alert" });
    this.sources = h("div", { class: "buttons" });
    this.effect = h("div", { class: "effect", "aria-live": "polite" });
    this.diff = h("div", { class: "diffs" });
    this.exported = h("div", { class: "exported" });
    const stack = h("select", { id: "stack", onchange: () => this.#export() },
      h("option", { value: "" }, "Choose a server"),
      ["application", "proxy", "edge", "storage", "dev-server"].map((layer) => h("optgroup", { label: layers[layer] },
        this.setting.stacks.filter((s) => s.layer === layer).map((s) => h("option", { value: s.name }, s.title)))));
    this.stack = stack;
    this.root.replaceChildren(
      h("div", { class: "column" },
        h("section", {}, h("h2", {}, h("label", { for: "yaml" }, "Policy")),
          h("p", {}, "The tightest policy that allows what was seen. Edit it, and see at once which requests pass."),
          this.sources, this.editor, this.mistakes),
        h("section", { id: "export" }, h("h2", {}, "Export"),
          h("p", {}, "The same policy in the words of your server. corsac never writes more than it allows."),
          h("label", { class: "choose" }, "For ", stack), this.exported)),
      h("div", { class: "column" },
        h("section", {}, h("h2", {}, "What would happen"), this.effect),
        h("section", {}, h("h2", {}, "Compared with corsac.yaml"), this.diff)));
  }

  #sources() {
    const source = (label, text) => h("button", {
      type: "button", disabled: !text, onclick: () => {
        this.editor.value = text;
        this.edited = label !== "What was learned";
        this.#try();
      },
    }, label);
    this.sources.replaceChildren(source("What was learned", this.panel.yaml), source("corsac.yaml", this.panel.file),
      h("button", {
        type: "button", onclick: async () => {
          await navigator.clipboard.writeText(this.editor.value).then(() => toast("Copied"), () => toast("Select the text and copy it"));
        },
      }, "Copy"));
  }

  // try asks what happens with the policy in the editor.
  async #try() {
    const turn = ++this.turn;
    if (!this.editor.value.trim()) {
      this.mistakes.replaceChildren();
      this.effect.replaceChildren(nothing());
      this.exported.replaceChildren();
      return;
    }
    let answer;
    try {
      answer = await post("whatif", { yaml: this.editor.value });
    } catch (error) {
      answer = { mistakes: [{ text: error.message }], groups: [] };
    }
    if (turn !== this.turn) return; // the text has changed meanwhile
    this.mistakes.replaceChildren(...answer.mistakes.map((m) => h("li", {}, m.line ? h("b", {}, `Line ${m.line}. `) : null, m.text)));
    this.editor.setAttribute("aria-invalid", String(answer.mistakes.length > 0));
    this.effect.classList.toggle("stale", answer.mistakes.length > 0);
    if (answer.mistakes.length) return;
    this.effect.replaceChildren(...this.#effects(answer));
    this.#export();
  }

  #effects(a) {
    if (!a.groups.length) return [nothing()];
    const total = a.allowed + a.blocked + a.unknown;
    const bar = h("div", { class: "meter", role: "img", "aria-label": `${a.allowed} of ${total} requests pass` });
    for (const state of ["allowed", "blocked", "unknown"]) {
      if (!a[state]) continue;
      const part = h("i", { dataset: { state } });
      part.style.flexGrow = a[state];
      bar.append(part);
    }
    return [
      h("p", { class: "sum" }, h("b", {}, a.blocked === 0 && a.unknown === 0 ? `All ${plural(total, "request")} pass` : `${a.allowed} of ${plural(total, "request")} pass`)),
      bar,
      h("ul", { class: "groups" }, a.groups.map((g) => h("li", { dataset: { state: g.state } },
        h("button", { type: "button", onclick: () => this.onOpen(g.latest) },
          icon(g.state), h("span", { class: "method" }, g.method), h("span", { class: "target" }, g.target), h("span", { class: "number" }, `× ${g.count}`),
          h("span", { class: "needs" }, g.needs.length ? [h("small", {}, "needs "), g.needs.map((n) => h("span", { class: "chip" }, n))] : h("small", {}, "needs only the origin")),
          g.state !== "allowed" && h("span", { class: "why" }, g.why))))),
    ];
  }

  #diffs() {
    if (!this.panel.servers.length) return [h("p", { class: "none" }, "Nothing has been seen yet.")];
    const reviews = (s) => s.review.map((r) => h("p", { class: "note" }, h("code", {}, r.origin), ` is left out: ${r.why}.`));
    if (!this.panel.file) {
      return [h("p", {}, "There is no corsac.yaml yet. Save the policy under that name beside your project, and corsac dev reads it."), this.panel.servers.map(reviews)].flat(2);
    }
    return this.panel.servers.map((s) => h("div", { class: "diff" },
      h("h4", {}, s.server, h("small", {}, s.compared ? `policy ${s.compared}` : "no policy in the file")),
      s.diff.length ? h("ul", {}, s.diff.map((e) => h("li", { dataset: { is: e.is } },
        h("span", { class: "sign", "aria-label": signs[e.is][1] }, signs[e.is][0]), h("code", {}, `${e.field}: ${e.value}`), h("small", {}, e.is === "missing" ? `missing; ${e.why}` : e.why)))) : null,
      reviews(s)));
  }

  async #export() {
    const name = this.stack.value;
    if (!name || !this.editor.value.trim()) {
      this.exported.replaceChildren();
      return;
    }
    const which = this.exported.querySelector("select.which")?.value ?? "";
    const narrower = this.exported.querySelector("input.narrower")?.checked ?? false;
    const names = [...this.editor.value.matchAll(/^ {2}([a-z0-9-]+):/gm)].map((m) => m[1]);
    const policy = names.includes(which) ? which : names[0] ?? "";
    let out;
    try {
      out = await post("export", { yaml: this.editor.value, policy, stack: name, form: "", narrower });
    } catch (error) {
      this.exported.replaceChildren(h("p", { class: "error" }, error.message));
      return;
    }
    this.exported.replaceChildren(...[
      names.length > 1 && h("label", { class: "choose" }, "Policy ", h("select", { class: "which", onchange: () => this.#export() },
        names.map((n) => h("option", { value: n, selected: n === policy }, n)))),
      out.mistakes.length > 0 && h("p", { class: "error" }, "Correct the policy first."),
      out.refused.map((text) => h("p", { class: "error" }, text)),
      (out.narrower || narrower) && h("label", {}, h("input", { type: "checkbox", class: "narrower", checked: narrower, onchange: () => this.#export() }), " Accept less than the policy allows"),
      out.text && [
        h("p", {}, out.file && h("code", {}, out.file), out.place && `, ${out.place}`),
        out.install && code(out.install), code(out.text), out.notes.map((n) => h("p", { class: "note" }, n))],
    ].flat(2).filter(Boolean));
  }
}

const layers = { application: "Frameworks", proxy: "Proxies and gateways", edge: "CDNs", storage: "Storage", "dev-server": "Development servers" };
const signs = { missing: ["+", "missing"], there: ["✓", "there"], unused: ["−", "not seen"] };

const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

function nothing() {
  return h("div", { class: "empty" }, h("h2", {}, "Nothing to decide yet"),
    h("p", {}, "Use your page. As soon as it asks the API for something, corsac writes the policy that it needs."));
}

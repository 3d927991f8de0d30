// The details of a request: the verdict, the conversation, what to do, and all that
// went over the wire.

import { get, post } from "./api.js";
import { code, copyButton, h, icon, toast, words } from "./dom.js";
import { duration } from "./list.js";

const bases = {
  policy: (j, s) => `Decided by the policy “${j.policy}” in ${s.config || "corsac.yaml"}.`,
  recorded: () => "This is what happened: the page and corsac have different origins, so the browser applied CORS.",
  answers: () => "corsac has asked the server what a browser with the page in production would ask.",
  added: () => "The page and corsac have different origins, and corsac sent the CORS headers. This is what the server’s own headers would have meant.",
  headers: () => "Here, page and API share an origin, so the browser did not ask the server. What the server sent is all that is known.",
};

export class Detail {
  constructor(onClose, onAsked) {
    this.pane = document.getElementById("detail");
    this.onClose = onClose;
    this.onAsked = onAsked;
    this.id = 0;
    this.stack = sessionStorage.getItem("corsac-stack") ?? "";
    this.welcome();
  }

  // welcome is shown while nothing is selected.
  welcome() {
    this.id = 0;
    document.body.dataset.detail = "closed";
    this.pane.replaceChildren(h("div", { class: "empty" },
      h("h2", {}, "Choose a request"),
      h("p", {}, "You see the whole conversation, what each browser would do in production, and how to fix it."),
      h("dl", { class: "keys" },
        h("div", {}, h("dt", {}, h("kbd", {}, "↑"), h("kbd", {}, "↓")), h("dd", {}, "move")),
        h("div", {}, h("dt", {}, h("kbd", {}, "Enter")), h("dd", {}, "open")),
        h("div", {}, h("dt", {}, h("kbd", {}, "/")), h("dd", {}, "search")),
        h("div", {}, h("dt", {}, h("kbd", {}, "Esc")), h("dd", {}, "back")),
      )));
  }

  // show shows an exchange. setting is what the page knows besides.
  async show(id, setting) {
    const again = id === this.id;
    this.id = id;
    document.body.dataset.detail = "open";
    let d;
    try {
      d = await get(`exchange/${id}?stack=${encodeURIComponent(this.stack)}`);
    } catch (error) {
      if (this.id === id) this.pane.replaceChildren(h("div", { class: "empty" }, h("h2", {}, "Not there any more"), h("p", {}, error.message)));
      return;
    }
    if (this.id !== id) return; // another one was chosen meanwhile
    const top = again ? this.pane.scrollTop : 0;
    const open = new Set([...this.pane.querySelectorAll("details[open]")].map((e) => e.dataset.name));
    this.pane.replaceChildren(this.#article(d, setting));
    if (again) for (const e of this.pane.querySelectorAll("details")) e.open ||= open.has(e.dataset.name);
    this.pane.scrollTop = top;
  }

  #article(d, setting) {
    const j = d.judgement;
    return h("article", { dataset: { state: j.state } },
      h("div", { class: "bar" },
        h("button", { type: "button", class: "back", onclick: () => this.onClose() }, "← All requests"),
        copyButton("Copy as curl", () => d.curl),
        d.check && copyButton("Copy as corsac check", () => d.check),
        d.question ? this.#playground(d) : d.check && !setting.playground && noPlayground()),
      this.#heading(d, setting),
      j.browsers?.length ? browsers(d) : null,
      section("What happens", diagram(d)),
      this.#fixes(d, setting),
      consoles(d),
      changes(d),
      this.#headers(d),
      steps(d),
    );
  }

  #heading(d, setting) {
    const j = d.judgement;
    const basis = bases[j.basis === "headers" && d.row.mode === "add" ? "added" : j.basis];
    const target = h("code", { class: "url" }, d.url);
    return h("header", { class: "verdict" },
      h("h2", {}, icon(j.state), h("span", {}, words[j.state] + (j.state === "free" ? "" : j.basis === "recorded" ? "" : " in production"))),
      h("p", { class: "why" }, j.why),
      basis && h("p", { class: "basis" }, basis(j, setting)),
      j.state === "unknown" && d.check && h("div", { class: "ask" }, d.ask && this.#ask(d), h("p", {}, d.ask ? "Or ask it yourself:" : "Ask the server:"), code(d.check),
        !setting.config && h("p", { class: "basis" }, "Or write the policy that the server will have: ", h("a", { href: "#policy" }, "Policy"), " has one that allows this. Saved as corsac.yaml, it decides here.")),
      d.row.fault && h("p", { class: "note" }, `corsac did this on purpose: ${d.row.fault}.`),
      d.failure && h("p", { class: "note" }, `corsac answered this itself: ${d.failure}. To fix it, ${d.fix}.`),
      d.notes.map((note) => h("p", { class: "note" }, note)),
      h("p", { class: "request" }, h("b", {}, d.row.method), " ", target, d.masked && this.#reveal(d, "url", 0, target)),
      h("p", { class: "facts" }, [
        d.row.status ? `${d.row.status}` : d.row.error, duration(d.row), d.protocol, d.row.mode && `mode ${d.row.mode}`,
        d.sent ? `sent to ${d.sent}` : "answered by corsac",
      ].filter(Boolean).map((text) => h("span", {}, text))));
  }

  // ask returns a button that lets corsac ask the server.
  #ask(d) {
    const what = d.reasons.length ? "the preflight that a browser would send" : "the same request as from the page";
    return h("div", { class: "asking" },
      h("button", {
        type: "button", class: "primary", onclick: async (event) => {
          const button = event.currentTarget;
          button.disabled = true;
          button.textContent = "Asking…";
          try {
            await post("ask", { id: d.row.id });
            await this.onAsked();
          } catch (error) {
            button.disabled = false;
            button.textContent = "Ask the server";
            toast(error.message);
          }
        },
      }, "Ask the server"),
      h("p", { class: "basis" }, `corsac sends ${what}, without cookies, to ${d.upstream}.`));
  }

  // playground returns a link that opens the request in the playground. What is masked
  // here is masked there.
  #playground(d) {
    const link = h("a", { class: "button", target: "_blank", rel: "noopener", title: d.judgement.state === "unknown" && "The server was not asked for permission; the playground begins with a server that gives none" }, "Open in the playground");
    const update = () => { link.href = `playground/#${new URLSearchParams(this.#question(d))}`; };
    update();
    for (const event of ["focus", "pointerdown", "pointerenter"]) link.addEventListener(event, update); // what is revealed by then
    return link;
  }

  // question returns what the playground gets, with the values that are revealed.
  #question(d) {
    const q = { ...d.question };
    for (const button of this.pane.querySelectorAll(".reveal[data-masked]")) {
      const { part, index, value } = button.dataset;
      if (part === "url") {
        q.url = q.url.replace(/\?.*$/, "") + new URL(value).search;
      } else if (part === "request") {
        const name = d.request[index].name.toLowerCase();
        q.headers = q.headers.split("\n").map((line) => line.toLowerCase().startsWith(`${name}: `) ? `${line.slice(0, name.length)}: ${value}` : line).join("\n");
      }
    }
    return q;
  }

  // reveal returns a button that shows a masked value, which corsac keeps in memory.
  #reveal(d, part, index, target) {
    return h("button", {
      type: "button", class: "reveal", dataset: { part, index },
      onclick: async (event) => {
        const button = event.currentTarget;
        if (button.dataset.masked !== undefined) {
          target.textContent = button.dataset.masked;
          delete button.dataset.masked;
          delete button.dataset.value;
          button.textContent = "Show";
          return;
        }
        try {
          const { value } = await post("reveal", { id: d.row.id, part, index });
          button.dataset.masked = target.textContent;
          button.dataset.value = value;
          target.textContent = value;
          button.textContent = "Hide";
        } catch (error) {
          toast(error.message);
        }
      },
    }, "Show");
  }

  #fixes(d, setting) {
    if (d.remedy.length) {
      return section("What to change", h("div", { class: "finding" },
        h("p", {}, `In the policy “${d.judgement.policy}” of ${setting.config || "corsac.yaml"}:`),
        d.remedy.map((r) => h("div", {}, h("p", {}, r.why), code(r.line)))));
    }
    if (!d.findings.length) return null;
    const choose = h("select", {
      "aria-label": "Your server",
      onchange: (event) => {
        this.stack = event.target.value;
        sessionStorage.setItem("corsac-stack", this.stack);
        this.show(d.row.id, setting);
      },
    }, h("option", { value: "" }, "Which server do you use?"),
    setting.stacks.map((s) => h("option", { value: s.name, selected: s.name === (this.stack || d.stack) }, s.title)));
    return section(d.judgement.state === "blocked" ? "How to fix it" : "Worth knowing",
      d.findings.map((f, i) => h("div", { class: "finding", dataset: { severity: f.severity } },
        h("h4", {}, f.title),
        h("p", {}, f.why),
        h("p", { class: "label" }, f.sure === "certain" ? "Certain" : f.sure === "likely" ? "Likely" : "Possible"),
        parts(f.fix),
        i === 0 && f.severity === "error" && h("div", { class: "on-stack" }, h("label", {}, "On your server ", choose), parts(f.stack)))));
  }

  #headers(d) {
    const table = (title, part, lines) => h("div", {},
      h("h4", {}, title),
      lines.length ? h("dl", { class: "headers" }, lines.map((l, i) => {
        const value = h("span", {}, l.value);
        const cors = /^(origin|vary|access-control-.*|cross-origin-.*)$/i.test(l.name);
        return h("div", { class: cors ? "cors" : "" }, h("dt", {}, l.name), h("dd", {}, value, l.masked && this.#reveal(d, part, i, value)));
      })) : h("p", { class: "none" }, "None"));
    return section("Headers", h("div", { class: "both" }, table("Request", "request", d.request), table("Response", "response", d.response)),
      d.cut && h("p", { class: "note" }, "Some of it was too long to be kept."));
  }
}

// noPlayground returns a button that says why there is no playground.
function noPlayground() {
  return h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => document.getElementById("playground-dialog").showModal() }, "Open in the playground");
}

function section(title, ...children) {
  return h("section", {}, h("h3", {}, title), ...children);
}

function parts(list) {
  return list.map((p) => p.code ? code(p.text) : h("p", {}, links(p.text)));
}

// links returns a text with its URLs as links.
function links(text) {
  return text.split(/(https:\/\/[^\s,;)]+[^\s,;).])/).map((part, i) => i % 2 && !part.includes("example.com")
    ? h("a", { href: part, target: "_blank", rel: "noreferrer" }, part.replace(/^https:\/\/(github\.com\/corsac-dev\/corsac\/blob\/main\/docs\/guide\/)?/, "")) : part);
}

function browsers(d) {
  return h("ul", { class: "browsers" }, d.browsers.map((b) => h("li", { dataset: { state: b.state }, title: b.sure },
    icon(b.state), h("span", {}, h("b", {}, b.name), h("small", {}, words[b.state])))));
}

const lanes = { script: 0, browser: 1, server: 2 };

// diagram draws the conversation: three lanes, and an arrow per line.
function diagram(d) {
  const names = [
    ["Your page", d.page || d.row.page || "—"], ["Browser", d.judgement.browsers?.length ? worstName(d) : "—"],
    ["Server", d.server || d.row.server || "corsac"],
  ];
  return h("div", { class: "sequence", role: "group", "aria-label": "The conversation, step by step" },
    h("div", { class: "lanes" }, names.map(([name, text]) => h("div", {}, h("b", {}, name), h("small", {}, text.replace(/^https?:\/\//, ""))))),
    h("ol", {}, d.diagram.map((s) => {
      const [from, to] = [lanes[s.from], lanes[s.to]];
      const kind = from === to ? "own" : from < to ? "right" : "left";
      const way = kind === "own" ? names[from][0] : `${names[from][0]} → ${names[to][0]}`;
      return h("li", { class: kind, dataset: { state: s.state, from: Math.min(from, to), to: Math.max(from, to) } },
        h("div", { class: "step", dataset: { way } }, h("b", {}, s.title), s.text && h("span", {}, s.text)));
    })));
}

function worstName(d) {
  const worst = d.browsers.find((b) => b.state === d.judgement.state);
  return worst?.name ?? d.browsers[0]?.name ?? "";
}

function consoles(d) {
  const said = d.browsers.filter((b) => b.console || b.script);
  if (!said.length) return null;
  return section("What the console says", said.map((b) => h("div", { class: "console" },
    h("h4", {}, b.name), h("pre", { tabindex: "0" }, h("code", {}, b.console || "Nothing")), b.script && h("p", {}, "The script sees ", h("code", {}, b.script)))));
}

function changes(d) {
  if (!d.changes.length) return null;
  return section("What corsac changed on the way", h("ul", { class: "changes" }, d.changes.map((c) => h("li", {},
    h("b", {}, c.header), h("p", {}, c.why), h("pre", {}, h("del", {}, c.before || "(nothing)"), "\n", h("ins", {}, c.after || "(removed)"))))));
}

function steps(d) {
  const worst = d.browsers.find((b) => b.state === d.judgement.state) ?? d.browsers[0];
  if (!worst?.steps?.length) return null;
  return h("details", { dataset: { name: "steps" } }, h("summary", {}, `Every decision of ${worst.name}, with the standard`),
    h("ol", { class: "steps" }, worst.steps.map((s) => h("li", { dataset: { ok: s.ok ? "yes" : /^needs a preflight/.test(s.text) ? "more" : "no" } }, s.text, " ",
      h("a", { href: `https://fetch.spec.whatwg.org/#${s.section}`, target: "_blank", rel: "noreferrer" }, s.section)))));
}

"use strict";

// The playground: it puts what people compose into a question for the engine, and
// shows the verdict. The state is in the URL's fragment, so that a link shares it.

(() => {
  const form = document.getElementById("form");
  const answer = document.getElementById("answer");
  const allow = "Access-Control-Allow-Origin: https://app.example.com";
  const app = "https://app.example.com", url = "https://api.example.com/items";

  const examples = [
    ["A JSON PUT that is allowed", {
      method: "PUT", headers: "Content-Type: application/json",
      preflight: `204\n${allow}\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: content-type`, actual: `200\n${allow}`,
    }],
    ["No CORS headers", { preflight: "404", actual: "200" }],
    ["The preflight gets 405", { method: "DELETE", preflight: "405\nAllow: GET, DELETE", actual: `204\n${allow}` }],
    ["Cookies, and any origin (*)", { credentials: "include", preflight: "204", actual: "200\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true" }],
    ["A header that is not allowed", {
      headers: "X-Request-Id: 7", preflight: `204\n${allow}\nAccess-Control-Allow-Headers: content-type`, actual: `200\n${allow}`,
    }],
    ["Two origins in one header", { preflight: "204", actual: "200\nAccess-Control-Allow-Origin: https://app.example.com, https://www.example.com" }],
    ["A policy of corsac", {
      method: "PATCH", headers: "Authorization: Bearer x", credentials: "include", server: "policy",
      policy: `policies:\n  app:\n    allow_origins: [${app}]\n    allow_methods: [PATCH]\n    allow_headers: [Authorization]\n    allow_credentials: true`,
    }],
    ["A redirect to another server", {
      actual: `302\nLocation: https://cdn.example.net/items\n${allow}`, hop: "200\nAccess-Control-Allow-Origin: *",
    }],
  ];
  const blank = {
    origin: app, url, method: "GET", headers: "", credentials: "", mode: "", preflight: "204", actual: "200", hop_preflight: "204", hop: "200",
    policy: JSON.stringify({ allow_origins: [app] }, null, 2), which: "", server: "headers",
  };
  const fields = Object.keys(blank).filter((name) => name !== "server");
  let server = "headers";

  function h(name, properties, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(properties ?? {})) {
      if (key === "class") e.className = value;
      else if (key === "dataset") Object.assign(e.dataset, value);
      else e.setAttribute(key, value);
    }
    e.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return e;
  }

  function icon(state) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#i-${state}`);
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.dataset.state = state;
    svg.append(use);
    return svg;
  }

  // The engine

  async function engine() {
    const packed = Uint8Array.from(atob(self.corsacEngine), (c) => c.charCodeAt(0));
    delete self.corsacEngine;
    const wasm = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    const go = new Go();
    const { instance } = await WebAssembly.instantiate(wasm, go.importObject);
    go.run(instance);
  }

  // headers returns the header lines of a text.
  const headers = (text) => text.split("\n").filter((line) => line.trim()).map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });

  // response returns an answer of the server: a status on the first line, and headers.
  function response(kind, text) {
    const [first, ...rest] = text.trim().split("\n");
    const status = Number.parseInt(first, 10);
    if (!text.trim()) return { kind, error: "net::ERR_CONNECTION_REFUSED" };
    return Number.isNaN(status) ? { kind, status: 200, response_headers: headers(text) } : { kind, status, response_headers: headers(rest.join("\n")) };
  }

  // redirect returns where an answer to a request leads, or "".
  function redirect(answer, from) {
    const to = answer.response_headers?.find(([name]) => name.toLowerCase() === "location")?.[1];
    if (![301, 302, 303, 307, 308].includes(answer.status) || to === undefined || !URL.canParse(to, from)) return "";
    return new URL(to, from).href;
  }

  // wire returns what the server answers. Of a redirect, the answers where it leads
  // follow.
  function wire(s, from) {
    const all = [response("preflight", s.preflight), response("actual", s.actual)];
    const to = redirect(all[1], from);
    form.querySelector("[data-hop]").hidden = !to;
    document.getElementById("hop-url").textContent = to;
    if (!to) return all;
    for (const w of all) w.url = from;
    return [...all, response("preflight", s.hop_preflight), response("actual", s.hop)];
  }

  // policyOf returns the policy of the form: the chosen one if there are several.
  function policyOf(s) {
    const all = corsacPolicies(s.policy), names = [...all.keys()];
    const which = form.elements.which, chosen = names.includes(s.which) ? s.which : names[0];
    which.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    which.value = chosen;
    document.getElementById("which").hidden = names.length < 2;
    return all.get(chosen);
  }

  function read() {
    const state = { server };
    for (const name of fields) state[name] = form.elements[name].value;
    return state;
  }

  // decide asks the engine.
  function decide() {
    const s = read();
    const question = { origin: s.origin.trim(), url: s.url.trim(), method: s.method.trim() || "GET", headers: headers(s.headers), profile: "all", explain: true };
    if (s.credentials) question.credentials = s.credentials;
    if (s.mode) question.mode = s.mode;
    history.replaceState(null, "", `#${encode(s)}`);
    let policy;
    try {
      if (server === "headers") question.wire = wire(s, question.url);
      else policy = policyOf(s);
    } catch (error) {
      refuse([error.message]);
      return;
    }
    const v = JSON.parse(policy ? corsacAsk(JSON.stringify(question), policy.json) : corsacAsk(JSON.stringify(question)));
    const beyond = v.wire?.at(-1)?.error?.includes("was not recorded") && v.wire.at(-1).url;
    if (beyond) refuse([`There is a second redirect, to ${beyond}. The playground answers only one.`]);
    else if (v.error && !v.request) refuse(v.error.split("\n").map((line) => placed(line, policy)));
    else {
      answer.dataset.state = stateOf(v);
      answer.replaceChildren(...shown(v, policy && lacking(v, JSON.parse(policy.json))));
    }
  }

  // lacking returns the changes of a verdict without what the policy has already. Whether
  // a pattern of it matches is not known here.
  function lacking(v, policy) {
    const has = (field, value) => {
      const have = [policy[field] ?? []].flat().map((one) => String(one).toLowerCase());
      return have.includes(value.toLowerCase()) || field !== "allow_origins" && value !== "authorization" && have.includes("*");
    };
    const rest = (v.change ?? []).map((c) => ({ ...c, values: c.values.filter((value) => !has(c.field, value)) })).filter((c) => c.values.length);
    return rest.length ? rest : v.change;
  }

  // placed returns a mistake in a policy with its line.
  function placed(mistake, policy) {
    const text = mistake.replace(/^policy: /, ""), line = policy?.line(/^\w*/.exec(text)[0]);
    return line ? `Line ${line}. ${text}` : text;
  }

  // refuse says why there is nothing to decide.
  function refuse(mistakes) {
    delete answer.dataset.state;
    answer.replaceChildren(h("div", { class: "empty" }, h("h2", {}, "Not a question yet"), mistakes.map((m) => h("p", { class: "error" }, m))));
  }

  // What is shown

  const words = { allowed: "Allowed", blocked: "Blocked", failed: "No response" };
  const stateOf = (v) => v.result === "allowed" || v.result === "opaque" ? "allowed" : v.result === "error" ? "failed" : "blocked";
  const browserNames = { chrome: "Chrome", firefox: "Firefox", safari: "Safari", standard: "The standard" };
  const consoles = { chrome: "message", firefox: "firefox", safari: "safari" };

  // shown returns what is said about a verdict. change is what its policy lacks.
  function shown(v, change) {
    const all = [v, ...Object.values(v.profiles ?? {})].filter((one) => one.profile in consoles);
    const state = stateOf(v);
    const cause = v.findings[0];
    const policy = server === "policy" && state === "blocked";
    const sentence = policy ? "The policy does not allow this request." : state === "allowed"
      ? (v.result === "opaque" ? "The request is sent, and the script cannot read the response." : "The script can read the response.")
      : cause ? `${cause.title}.` : v.error?.message || v.error?.reason || v.error?.code;
    return [
      h("header", { class: "verdict" }, h("h2", {}, icon(state), words[state]), h("p", { class: "why" }, sentence),
        v.preflight.reasons.length > 0 && h("p", { class: "basis" }, `Needs a preflight, because of ${v.preflight.reasons.join(", ")}.`)),
      h("ul", { class: "browsers" }, all.map((one) => h("li", { dataset: { state: stateOf(one) } },
        icon(stateOf(one)), h("span", {}, h("b", {}, browserNames[one.profile]), h("small", {}, words[stateOf(one)]))))),
      section("What happens", diagram(v, state)),
      policy && change && section("What to change in the policy", h("div", { class: "finding" }, change.map((c) => [
        h("p", {}, c.why), h("pre", {}, h("code", {}, changed(c)))]))),
      cause && section(state === "allowed" ? "Worth knowing" : "How to fix it", h("div", { class: "finding", dataset: { severity: cause.severity } },
        h("h4", {}, cause.title), h("p", {}, cause.why), cause.fix.text.split("\n").map((line) => h("p", {}, line)))),
      all.some((one) => one.error?.[consoles[one.profile]]) && section("What the console says", all.filter((one) => one.error).map((one) =>
        h("div", { class: "console" }, h("h4", {}, browserNames[one.profile]), h("pre", {}, h("code", {}, one.error[consoles[one.profile]] || "Nothing"))))),
      section("Step by step, with the standard", h("ol", { class: "steps" }, (v.steps ?? []).map((s) => h("li", { dataset: { ok: s.ok ? "yes" : /^needs a preflight/.test(s.text) ? "more" : "no" } }, s.text, " ",
        h("a", { href: `https://fetch.spec.whatwg.org/#${s.section}`, target: "_blank", rel: "noreferrer" }, s.section))))),
    ].filter(Boolean);
  }

  // changed returns the line of a policy that a change asks for, in the form that the
  // policy has.
  function changed(c) {
    const value = /^(true|false)$/.test(c.values[0]) ? c.values[0] : JSON.stringify(c.values);
    const isJSON = form.elements.policy.value.trim().startsWith("{");
    return isJSON ? `"${c.field}": ${value}` : `${c.field}: ${value.replace(/,/g, ", ")}`;
  }

  const section = (title, ...children) => h("section", {}, h("h3", {}, title), ...children);

  // sender returns the Origin of a request: after some redirects it is null.
  const sender = (w, v) => (w.headers ?? []).find(([name]) => name.toLowerCase() === "origin")?.[1] ?? v.request.origin;

  // diagram draws the conversation as the inspector does.
  function diagram(v, state) {
    const first = v.request.url;
    const path = (text) => {
      if (!URL.canParse(text)) return text;
      const u = new URL(text);
      return (URL.canParse(first) && new URL(first).host === u.host ? "" : u.host) + u.pathname + u.search;
    };
    const host = (text) => text.replace(/^https?:\/\//, "").replace(/\/.*/, "");
    const policyText = () => server === "policy" && "The policy does not allow it";
    const lanes = ["Your page", "Browser", "Server"];
    const steps = [[0, 1, "fetch", `${v.request.method} ${path(v.request.url)}`, ""]];
    v.wire.forEach((w, i) => {
      const last = i === v.wire.length - 1, preflight = w.kind === "preflight";
      steps.push([1, 2, preflight ? `Preflight: OPTIONS ${path(w.url)}` : `${w.method} ${path(w.url)}`, preflight ? `May ${v.request.origin} send ${v.preflight.reasons.join(", ")}?` : `from ${sender(w, v)}`, ""]);
      const lines = (w.response_headers ?? []).filter(([name]) => /^access-control-/i.test(name)).map(([name, value]) => `${name}: ${value}`);
      steps.push([2, 1, w.status ? String(w.status) : "No response", w.status ? lines.join("\n") || "no CORS headers" : w.error, w.status ? "" : "bad"]);
      if (last && state === "blocked" && w.status) steps.push([1, 1, preflight ? "The browser stops here" : "The browser hides the response", policyText() || v.findings[0]?.title || v.error?.message || "", "bad"]);
      else if (preflight && w.status) steps.push([1, 1, "Permission granted", "", "ok"]);
      else if (!last) steps.push([1, 1, "A redirect, which the browser follows", "", "ok"]);
      if (last && preflight && state !== "allowed") steps.push([1, 2, `${v.request.method} ${path(v.request.url)}`, "Never sent", "never"]);
    });
    if (!v.wire.length) steps.push([1, 1, "Refused before anything is sent", v.error?.message || v.error?.reason || "", "bad"]);
    steps.push(state === "allowed" ? [1, 0, "The script gets the response", v.result === "opaque" ? "but cannot read it" : "", "ok"] : [1, 0, v.error?.exception ? `TypeError: ${v.error.exception}` : "An error", "The script learns nothing else", "bad"]);
    return h("div", { class: "sequence" },
      h("div", { class: "lanes" }, [host(v.request.origin), "Chrome", host(v.request.url)].map((text, i) => h("div", {}, h("b", {}, lanes[i]), h("small", {}, text)))),
      h("ol", {}, steps.map(([from, to, title, text, mark]) => h("li", { class: from === to ? "own" : from < to ? "right" : "left", dataset: { state: mark, from: String(Math.min(from, to)) } },
        h("div", { class: "step", dataset: { way: from === to ? lanes[from] : `${lanes[from]} → ${lanes[to]}` } }, h("b", {}, title), text && h("span", {}, text))))));
  }

  // The fragment: the fields that are not as in a blank form, as parameters.

  function encode(s) {
    const p = new URLSearchParams();
    for (const [name, value] of Object.entries(s)) if (value !== blank[name]) p.set(name, value);
    return p.toString();
  }

  function load(state) {
    for (const name of fields) if (name !== "which") form.elements[name].value = state[name] ?? blank[name];
    const which = state.which ?? "";
    form.elements.which.replaceChildren(h("option", { value: which }, which));
    choose(state.server ?? "headers");
  }

  function choose(which) {
    server = which === "policy" ? "policy" : "headers";
    for (const b of form.querySelectorAll("[data-server]")) b.setAttribute("aria-pressed", String(b.dataset.server === server));
    for (const e of form.querySelectorAll("[data-for]")) e.hidden = e.dataset.for !== server;
  }

  // copy reports whether a text is in the clipboard.
  const copy = async (text) => navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : false;

  const select = document.getElementById("example");
  select.append(h("option", { value: "" }, "Choose one"), ...examples.map(([title], i) => h("option", { value: String(i) }, title)));
  select.addEventListener("change", () => {
    if (select.value === "") return;
    load({ ...blank, ...examples[Number(select.value)][1] });
    decide();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(decide, 120);
  });
  for (const b of form.querySelectorAll("[data-server]")) b.addEventListener("click", () => {
    choose(b.dataset.server);
    decide();
  });
  document.getElementById("share").addEventListener("click", async () => {
    const toast = document.getElementById("toast");
    const copied = await copy(location.href);
    toast.textContent = !copied ? "The browser does not let this page copy; copy its address instead"
      : location.protocol === "file:" ? "Copied; the link works on this computer only" : "Link copied";
    toast.dataset.shown = "";
    setTimeout(() => delete toast.dataset.shown, 2200);
  });

  const shared = new URLSearchParams(location.hash.slice(1));
  load(shared.size ? Object.fromEntries(shared) : { ...blank, ...examples[0][1] });
  engine().then(decide, (error) => answer.replaceChildren(h("div", { class: "empty" }, h("h2", {}, "The engine does not start"), h("p", { class: "error" }, String(error)))));
})();

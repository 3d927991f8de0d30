"use strict";

// The page makes each call twice, directly and through corsac, and shows the
// results. Only the browser decides whether a call is blocked. For what the
// page cannot see, it asks the demo's servers, which keep a log of the wire.

const demo = JSON.parse(document.getElementById("demo-data").textContent);
const bases = { direct: demo.api, corsac: demo.gateway };
const names = { direct: "the API", corsac: "corsac" };
const logs = { direct: "api", corsac: "gateway" };
const sureness = { certain: "Cause", likely: "Likely cause", possible: "Possible cause" };
const patience = 10_000; // milliseconds

// newRun returns a name for a call, to look it up in the servers' log. It also
// makes the URL new, so the browser has not remembered a preflight for it,
// which would make the second run look different from the first.
function newRun() {
  const digits = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (b) => digits[b % digits.length]).join("");
}

// attempt makes a call and returns what a script gets to see.
async function attempt(base, call, run) {
  const url = `${base}${call.path}?run=${run}`;
  try {
    const response = await fetch(url, {
      method: call.method,
      headers: call.headers,
      body: call.body,
      credentials: call.credentials ? "include" : "same-origin",
      signal: AbortSignal.timeout(patience),
    });
    const body = (await response.text()).trim();
    return { status: response.status, body, headers: [...response.headers] };
  } catch (error) {
    return { error };
  }
}

// signIn posts a form to the API, so that the browser has its session cookie. A
// form may be posted to any site: the browser sends it and shows the page
// nothing.
async function signIn() {
  try {
    await fetch(`${demo.api}/login`, {
      method: "POST",
      mode: "no-cors",
      credentials: "include",
      body: new URLSearchParams({ user: "ada" }),
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    // The API cannot be reached, which the call itself will show.
  }
}

// accountOf returns what the log has about a run: the exchanges as the called
// server saw them and, if this browser must have blocked the call, why. It is
// null if the log does not respond.
async function accountOf(call, via, run) {
  try {
    const response = await fetch(`/wire?call=${call.id}&server=${logs[via]}&run=${run}`, { signal: AbortSignal.timeout(patience) });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

// judge returns what a result means: its state, the text of the badge, why and,
// if the call is blocked, the cause and its fix.
function judge(call, via, seen, account) {
  if (!seen.error) {
    const verdict = { state: "readable", word: `Readable: ${seen.status}` };
    if (via === "direct") {
      verdict.why = "Unexpected: the API sends no CORS headers. Is CORS switched off in this browser, by an extension or a flag?";
    } else if (seen.status === call.status) {
      verdict.why = call.whyReadable;
    } else if (seen.status === 502 || seen.status === 504) {
      verdict.why = "corsac answered, but got no answer from the API. Its own errors have CORS headers too, so the page can read them.";
    } else {
      verdict.why = "This is not the expected status, but the page can read it.";
    }
    return verdict;
  }
  if (account === null) {
    return {
      state: "silent", word: "No answer",
      why: "The demo no longer answers. Run corsac demo again and open the page that it prints; the ports may have changed.",
    };
  }
  if (account.exchanges.length === 0) {
    return {
      state: "silent", word: "No answer",
      why: `This is not CORS: nothing arrived at ${names[via]} on ${bases[via]}. Is corsac demo still running? ` +
        "To the script, this looks the same as a blocked call.",
    };
  }
  const verdict = { state: "blocked", word: "Blocked", console: account.console };
  const cause = account.cause;
  if (cause) {
    verdict.sure = sureness[cause.confidence];
    verdict.cause = cause.title;
    verdict.why = cause.why;
    verdict.fix = `Fix: ${cause.fix.text}`;
  } else {
    verdict.why = "The request arrived, but the browser hid the response from the page. Its console says why.";
  }
  return verdict;
}

// wireLine returns the exchanges in one line; those of a log that does not
// respond are undefined.
function wireLine(call, wire) {
  if (!wire) return "unknown, the demo’s log does not answer";
  if (wire.length === 0) return "nothing arrived";
  const parts = wire.map((e) => `${e.preflight ? "preflight " : ""}${e.method}\u00a0→\u00a0${e.status}`);
  if (wire.every((e) => e.preflight)) parts.push(`${call.method}\u00a0never\u00a0sent`);
  if (wire.every((e) => !e.preflight)) parts.unshift("no preflight");
  return parts.join(", ");
}

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// exchangeBlock shows an exchange with its headers, and highlights those of
// CORS.
function exchangeBlock(e) {
  const pre = element("pre");
  pre.tabIndex = 0;
  const line = (text, className) => pre.append(element("span", className, text));
  const headers = (list) => {
    for (const [name, value] of list) {
      const isCORS = name === "Origin" || name.startsWith("Access-Control-");
      line(`${name}: ${value}`, isCORS ? "header cors" : "header");
    }
  };
  line(`${e.method} ${e.path}`);
  headers(e.request);
  line(`→ ${e.status}`);
  headers(e.response);
  return pre;
}

function cellOf(call, via) {
  return document.querySelector(`tr[data-call="${call.id}"] td[data-via="${via}"]`);
}

function fill(cell, part, text) {
  const e = cell.querySelector(part);
  if (e) e.textContent = text ?? "";
}

function show(cell, call, via, seen, account) {
  const verdict = judge(call, via, seen, account);
  cell.dataset.state = verdict.state;
  fill(cell, ".word", verdict.word);
  fill(cell, ".sure", verdict.sure);
  fill(cell, ".cause", verdict.cause);
  fill(cell, ".why", verdict.why);
  fill(cell, ".fix", verdict.fix);
  fill(cell, ".saw code", seen.error ? String(seen.error) : `${seen.status}  ${seen.body}`);
  fill(cell, ".headers code", seen.error ? "none" : seen.headers.map(([n, v]) => `${n}: ${v}`).join("\n"));
  // A script cannot read the console; this is the message for what happened.
  fill(cell, ".console code", verdict.console || "–");
  fill(cell, ".wire-line", wireLine(call, account?.exchanges));
  cell.querySelector(".exchanges").replaceChildren(...(account?.exchanges ?? []).map(exchangeBlock));
}

// reserve puts a typical result into a cell, where the style hides it until
// there is a real one. So the page has the right amount of room, and nothing
// moves later.
function reserve(call, via) {
  const wire = [{ method: call.method, path: call.path, status: call.status, request: [], response: [] }];
  const seen = { status: call.status, body: call.sampleBody };
  if (via === "direct") seen.error = "TypeError: Failed to fetch";
  else seen.headers = call.sampleHeaders.split("\n").map((line) => line.split(": "));
  if (call.preflight) wire.unshift({ ...wire[0], method: "OPTIONS", preflight: true, status: 204 });
  if (via === "direct") {
    wire.length = 1;
    wire[0].status = call.directStatus;
  }
  const cell = cellOf(call, via);
  show(cell, call, via, seen, { exchanges: wire, ...(via === "direct" && call.blocked) });
  cell.dataset.state = "idle";
  fill(cell, ".word", "Not called yet");
  cell.querySelector(".exchanges").replaceChildren();
}

async function runCell(call, via) {
  const cell = cellOf(call, via);
  cell.dataset.state = "busy";
  cell.setAttribute("aria-busy", "true");
  fill(cell, ".word", "Calling…");
  const run = newRun();
  const seen = await attempt(bases[via], call, run);
  show(cell, call, via, seen, await accountOf(call, via, run));
  cell.removeAttribute("aria-busy");
}

async function runRow(call) {
  if (call.signIn) await signIn();
  await Promise.all([runCell(call, "direct"), runCell(call, "corsac")]);
}

// summarise shows the results of all cells in one sentence.
function summarise() {
  const count = (via, state) => document.querySelectorAll(`td[data-via="${via}"][data-state="${state}"]`).length;
  const side = (via) => {
    const words = [];
    for (const [state, word] of [["blocked", "blocked"], ["readable", "readable"], ["silent", "without an answer"]]) {
      const n = count(via, state);
      if (n > 0) words.push(`${n} ${word}`);
    }
    return words.join(", ") || "none called";
  };
  document.getElementById("summary").textContent =
    `Directly: ${side("direct")}. Through corsac: ${side("corsac")}.`;
}

// exclusively runs work with all run buttons disabled, so that runs do not
// overlap. They are also disabled for assistive technology, but keep the focus.
let running = false;
async function exclusively(work) {
  if (running) return;
  running = true;
  const buttons = document.querySelectorAll("#run-all, .run");
  for (const b of buttons) b.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    running = false;
    for (const b of buttons) b.removeAttribute("aria-disabled");
    summarise();
  }
}

function runAll() {
  return exclusively(async () => {
    for (const call of demo.calls) await runRow(call);
  });
}

async function copyPolicy(button) {
  const policy = document.getElementById("policy");
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(policy.textContent);
  } catch {
    getSelection().selectAllChildren(policy); // for the viewer to copy
    said = "Selected";
  }
  button.textContent = said;
  setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
}

for (const call of demo.calls) {
  for (const via of Object.keys(bases)) reserve(call, via);
  document.querySelector(`tr[data-call="${call.id}"] .run`)
    .addEventListener("click", () => exclusively(() => runRow(call)));
}
document.getElementById("run-all").addEventListener("click", runAll);
document.getElementById("copy").addEventListener("click", (e) => copyPolicy(e.currentTarget));

const rows = document.querySelectorAll("tr[data-call]");
const allDetails = document.getElementById("all-details");

// showDetails opens or closes the details of some rows.
function showDetails(some, on) {
  for (const row of some) {
    row.classList.toggle("open", on);
    row.querySelector(".more").setAttribute("aria-expanded", String(on));
  }
  const all = [...rows].every((row) => row.classList.contains("open"));
  allDetails.textContent = all ? allDetails.dataset.hide : allDetails.dataset.show;
}

for (const row of rows) {
  row.querySelector(".more").addEventListener("click", () => showDetails([row], !row.classList.contains("open")));
}
allDetails.addEventListener("click", () => {
  showDetails(rows, ![...rows].every((row) => row.classList.contains("open")));
});

// For a talk, the URL can say how the page starts: ?auto, ?details, or both.
const start = new URLSearchParams(location.search);
if (start.has("details")) showDetails(rows, true);
if (start.has("auto")) runAll();

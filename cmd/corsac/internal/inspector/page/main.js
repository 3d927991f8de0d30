// The inspector's page: it follows what corsac dev records, and shows it.

import { follow, get, post } from "./api.js";
import { throttled, toast } from "./dom.js";
import { Detail } from "./detail.js";
import { Faults } from "./faults.js";
import { List } from "./list.js";
import { Policy } from "./policy.js";

const $ = (id) => document.getElementById(id);

let setting = { stacks: [], production: {}, web: "", config: "" };
let stop = null; // ends the following
let last = ""; // ID of the last event
let paused = false;

const list = new List((id) => { location.hash = id ? `request-${id}` : "requests"; });
const detail = new Detail(() => { location.hash = "requests"; }, reload);
const policy = new Policy((id) => { location.hash = `request-${id}`; });
const faults = new Faults();
const refreshPolicy = throttled(() => { if (!$("policy").hidden) policy.show(setting); }, 3000);
const refreshDetail = throttled(() => { if (detail.id) detail.show(detail.id, setting); }, 1000);

// load asks for everything, and follows what comes.
async function load() {
  stop?.();
  try {
    const all = await get("list");
    setting = all;
    last = all.next;
    list.replace(all.rows);
    delete setting.rows;
    faults.show(all.routes);
  } catch (error) {
    live(false, error.message);
    if (/reload/.test(error.message)) location.reload();
    setTimeout(load, 2000);
    return;
  }
  showProduction();
  route();
  resume();
}

// reload asks for everything again, after something that decides has changed.
async function reload() {
  await load();
  if (detail.id) await detail.show(detail.id, setting);
}

function resume() {
  if (paused || document.hidden) return;
  stop?.();
  stop = follow(last, {
    live: (on) => live(on),
    reset: () => load(),
    change: (change) => {
      list.change(change);
      faults.show(change.routes);
      if (!change.rows.length) return;
      if (change.rows.some((row) => row.id === detail.id)) refreshDetail();
      refreshPolicy();
    },
  });
}

function hold() {
  if (stop) last = stop();
  stop = null;
}

function live(on, text) {
  $("live").dataset.state = paused ? "paused" : on ? "on" : "off";
  $("live").lastElementChild.textContent = paused ? "paused" : on ? "live" : text ?? "corsac dev does not answer";
}

// A hidden tab does not hold one of the few connections that browsers allow.
document.addEventListener("visibilitychange", () => (document.hidden ? hold() : resume()));

$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Resume" : "Pause";
  if (paused) hold();
  else resume();
  live(true);
});

$("clear").addEventListener("click", async () => {
  try {
    await post("clear");
    list.replace([]);
    location.hash = "requests";
  } catch (error) {
    toast(error.message);
  }
});

// route shows what the fragment of the URL names.
function route() {
  const name = location.hash.slice(1) || "requests";
  const isPolicy = name === "policy";
  $("policy").hidden = !isPolicy;
  $("requests").hidden = isPolicy;
  for (const a of document.querySelectorAll("nav a")) {
    if ((a.hash === "#policy") === isPolicy) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  const id = Number(/^request-(\d+)$/.exec(name)?.[1] ?? 0);
  list.select(id, false);
  if (isPolicy) policy.show(setting);
  else if (!id) detail.welcome();
  else if (id !== detail.id) detail.show(id, setting);
}
addEventListener("hashchange", route);

// Keys that work everywhere.
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    location.hash = "requests";
    $("search").focus();
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (event.target.id === "search" && event.target.value) return list.reset();
    if (typing) return $("list").focus();
    if (detail.id) location.hash = "requests";
    else list.reset();
    $("list").focus();
  } else if (event.target.id === "search" && (event.key === "ArrowDown" || event.key === "Enter")) {
    event.preventDefault();
    $("list").focus();
  }
});

function showProduction() {
  const short = (origin) => origin.replace(/^https?:\/\//, "");
  $("page-origin").textContent = short(setting.production.page || setting.web || location.origin);
  $("api-origin").textContent = setting.production.api ? short(setting.production.api) : "each API as it is";
}

$("production").addEventListener("click", () => {
  $("production-page").value = setting.production.page;
  $("production-page").placeholder = setting.web || "https://app.example.com";
  $("production-api").value = setting.production.api;
  $("production-api").placeholder = "https://api.example.com";
  $("production-error").textContent = "";
  $("production-dialog").showModal();
});

async function saveProduction() {
  try {
    await post("production", { page: $("production-page").value, api: $("production-api").value });
  } catch (error) {
    $("production-error").textContent = error.message;
    return;
  }
  $("production-dialog").close();
  await reload();
}
document.querySelector("#production-dialog .primary").addEventListener("click", saveProduction);
$("production-dialog").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.tagName === "INPUT") {
    event.preventDefault();
    saveProduction();
  }
});

load();

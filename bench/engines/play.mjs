// Plays the requests of the recording to an engine that is not a browser:
//
//   node play.mjs jsdom|happy-dom|node
//
// It is started by `make engines` (conformance/engines). Standard input has a request a line; standard
// output gets the engine's name and version, then a verdict a line in any order:
// ok, blocked, throw, timeout, or skip where the engine has no way to say what is asked for.
// Every request has a page of its own, so that no preflight is remembered.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const atOnce = 8;
const patience = 10_000; // ms

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

// A page of an opaque origin has no address of its own.
const addressOf = (check) => (check.origin === "null" ? "about:blank" : `${check.origin}/page`);

const bodyOf = (body, g) => {
  switch (body?.kind) {
    case "text": return "x";
    case "urlencoded": return new g.URLSearchParams();
    case "formdata": return new g.FormData();
    case "blob": return new g.Blob(["x"], { type: body.type ?? "" });
    case "arraybuffer": return new g.Uint8Array([120]).buffer;
  }
  return undefined;
};

async function byFetch(check, g) {
  if (check.upload_listener) return "skip";
  const init = { headers: check.headers ?? [] };
  for (const [key, name] of [["method", "method"], ["mode", "mode"], ["credentials", "credentials"],
    ["redirect", "redirect"], ["cache", "cache"], ["referrer_policy", "referrerPolicy"]]) {
    if (check[key] !== undefined) init[name] = check[key];
  }
  const body = bodyOf(check.body, g);
  if (body !== undefined) init.body = body;
  let request;
  try {
    request = new g.Request(check.url, init);
  } catch {
    return "throw";
  }
  try {
    const response = await g.fetch(request);
    response.arrayBuffer().catch(() => {}); // the verdict is known before the body
    return "ok";
  } catch {
    return "blocked";
  }
}

// A cache or referrer mode changes no verdict; a redirect mode does, and XMLHttpRequest has none.
const byXHR = (check, g) => new Promise((done) => {
  if (check.redirect !== undefined && check.redirect !== "follow") return done("skip");
  const xhr = new g.XMLHttpRequest();
  try {
    xhr.open(check.method ?? "GET", check.url);
    xhr.withCredentials = check.credentials === "include";
    for (const [name, value] of check.headers ?? []) xhr.setRequestHeader(name, value);
    if (check.upload_listener) xhr.upload.addEventListener("progress", () => {});
    xhr.onload = () => done("ok");
    xhr.onerror = () => done("blocked");
    xhr.send(bodyOf(check.body, g));
  } catch {
    done("throw");
  }
});

const engines = {
  async jsdom() {
    const { JSDOM, VirtualConsole } = await import("jsdom");
    return {
      name: "jsdom, XMLHttpRequest", version: versionOf("jsdom"),
      async play(check) {
        const dom = new JSDOM("<!doctype html>", { url: addressOf(check), virtualConsole: new VirtualConsole() });
        // jsdom has no typed arrays of its own unless scripts run in it.
        const g = new Proxy(dom.window, { get: (w, key) => (key === "Uint8Array" ? Uint8Array : w[key]) });
        try {
          return await byXHR(check, g);
        } finally {
          dom.window.close();
        }
      },
    };
  },
  async "happy-dom"() {
    const { Window } = await import("happy-dom");
    return {
      name: "happy-dom, fetch", version: versionOf("happy-dom"),
      async play(check) {
        const window = new Window({ url: addressOf(check), settings: { fetch: { disableStrictSSL: true } } });
        try {
          return await byFetch(check, window);
        } finally {
          await window.happyDOM.abort();
        }
      },
    };
  },
  async node() {
    return {
      name: "Node.js, fetch", version: process.versions.node,
      play: (check) => byFetch(check, globalThis),
    };
  },
};

const inTime = (promise) => Promise.race([
  promise,
  new Promise((done) => { setTimeout(() => done("timeout"), patience).unref(); }),
]);

async function main(name) {
  // The servers of https origins have certificates that nobody signed, and the recorded browsers took them.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  process.removeAllListeners("warning");
  const uncaught = (e) => process.stderr.write(`${name}: ${e?.stack ?? e}\n`);
  process.on("uncaughtException", uncaught).on("unhandledRejection", uncaught);

  const engine = await engines[name]();
  const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");
  say({ name: engine.name, version: engine.version });
  const checks = [];
  for await (const line of createInterface({ input: process.stdin })) checks.push(JSON.parse(line));
  const worker = async () => {
    for (let check; (check = checks.shift());) {
      let result;
      try {
        result = await inTime(engine.play(check));
      } catch (e) {
        result = "throw";
        uncaught(e);
      }
      say({ id: check.id, result });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const name = process.argv[2];
if (!Object.hasOwn(engines, name)) {
  process.stderr.write(`usage: node play.mjs ${Object.keys(engines).join("|")}\n`);
  process.exit(2);
}
await main(name);
process.stdout.write("", () => process.exit(0));

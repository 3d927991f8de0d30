#!/usr/bin/env node
// Starts the program in the package for this system, which npm installs as an
// optional dependency, and ends as it does.
"use strict";

const { spawn } = require("node:child_process");

const name = `@corsac-dev/${process.platform}-${process.arch}`;

function fail(text) {
  console.error(`corsac: ${text}`);
  process.exit(3);
}

function find() {
  try {
    return require.resolve(`${name}/bin/corsac${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    const { optionalDependencies } = require("../package.json");
    if (name in optionalDependencies) {
      fail(`the package ${name} is missing; install corsac again on this system, and without --omit=optional`);
    }
    return fail(`there is no program for ${process.platform} ${process.arch}; with Go: go install github.com/corsac-dev/corsac/cmd/corsac@latest`);
  }
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit" });

// A terminal sends these to the program, too. Sent twice, they end it at once.
const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) {
  process.on(signal, () => {
    if (!terminal || signal === "SIGTERM") child.kill(signal);
  });
}

child.on("error", (err) => fail(err.message));
child.on("exit", (status, signal) => {
  if (!signal) process.exit(status);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

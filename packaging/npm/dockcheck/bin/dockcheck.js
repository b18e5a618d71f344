#!/usr/bin/env node
// Starts the program that the package for this platform holds. Nothing is fetched and nothing runs at installation: npm has
// put the right one of the optional dependencies beside this package.
"use strict";

const { spawnSync } = require("node:child_process");

const platform = `${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`@dockcheck/${platform}/bin/dockcheck${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(
    `dockcheck: there is no program for ${platform}; if npm left out optional dependencies, install again without --omit=optional`,
  );
  process.exit(2);
}
const run = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (run.error) {
  console.error(`dockcheck: ${run.error.message}`);
  process.exit(2);
}
if (run.signal) {
  process.kill(process.pid, run.signal);
}
process.exit(run.status ?? 2);

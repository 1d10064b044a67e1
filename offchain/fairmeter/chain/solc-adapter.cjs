#!/usr/bin/env node
// The npm package `solc` behind the command line of the native compiler, as far as py-solc-x, forge and slither use it:
// `--version`, else standard JSON from stdin to stdout.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

function load() {
  const roots = [process.cwd(), path.join(__dirname, "..", "..", "..", "contracts")];
  try {
    return require(require.resolve("solc", { paths: roots }));
  } catch (error) {
    process.stderr.write(`the npm package solc is not installed in ${roots.join(" or ")}: run npm ci in contracts/\n`);
    process.exit(1);
  }
}

// A pipe takes 65,536 bytes at a time and answers EAGAIN when it is full; process.stdout would lose the rest at exit.
function write(text) {
  const bytes = Buffer.from(text);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += fs.writeSync(1, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const solc = load();
if (process.argv.includes("--version")) {
  // py-solc-x and forge read the version from the second line, and know native platforms only
  const version = solc.version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
  write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else {
  write(solc.compile(fs.readFileSync(0, "utf8")));
}

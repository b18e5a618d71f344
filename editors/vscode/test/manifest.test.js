'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { load } = require('./stub.js');

const root = path.join(__dirname, '..');
const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json'));

test('names what is there', () => {
  assert.ok(fs.existsSync(path.join(root, manifest.main)));
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
    assert.ok(fs.existsSync(path.join(root, file)), file);
  }
  assert.ok(read('LICENSE').endsWith(read('../../LICENSE-MIT')));
  assert.ok(manifest.repository.url && manifest.publisher && manifest.license);
});

test('has the version of the program', () => {
  const version = /^version = "(.+)"$/m.exec(read('../../Cargo.toml'))[1];
  assert.equal(manifest.version, version);
  assert.ok(read('CHANGELOG.md').includes(`## ${version}`));
});

test('contributes the commands that the extension registers', async () => {
  const { extension, seen, context } = load();
  await extension.activate(context);
  const contributed = manifest.contributes.commands.map((command) => command.command);
  assert.deepEqual(Object.keys(seen.commands).sort(), contributed.sort());
});

test('keeps what starts a program away from untrusted workspaces', () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.equal(untrustedWorkspaces.supported, 'limited');
  assert.deepEqual(untrustedWorkspaces.restrictedConfigurations, ['dockcheck.path', 'dockcheck.args']);
  const settings = manifest.contributes.configuration.properties;
  assert.deepEqual(Object.keys(settings), ['dockcheck.path', 'dockcheck.args', 'dockcheck.trace.server']);
  for (const name of untrustedWorkspaces.restrictedConfigurations) {
    assert.equal(settings[name].scope, 'machine-overridable', name);
  }
});

test('asks for no older editor than its client library does', { skip: !fs.existsSync(path.join(root, 'node_modules')) }, () => {
  const library = JSON.parse(read('node_modules/vscode-languageclient/package.json'));
  const [asked, needed] = [manifest.engines.vscode, library.engines.vscode].map((range) =>
    /(\d+)\.(\d+)\.(\d+)/.exec(range).slice(1).map(Number),
  );
  assert.ok(asked[0] === needed[0] && (asked[1] > needed[1] || (asked[1] === needed[1] && asked[2] >= needed[2])));
});

test('the lock file names no registry', () => {
  const lock = JSON.parse(read('package-lock.json'));
  assert.ok(Object.values(lock.packages).every((entry) => entry.resolved === undefined));
  assert.ok(Object.values(lock.packages).filter((entry) => entry.version && entry.integrity === undefined).length <= 1);
});

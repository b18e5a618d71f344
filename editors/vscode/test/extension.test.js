'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { load } = require('./stub.js');

test('starts the server on activation', async () => {
  const { extension, seen, context } = load();
  await extension.activate(context);
  assert.equal(seen.clients.length, 1);
  const [client] = seen.clients;
  assert.equal(client.id, 'dockcheck');
  assert.deepEqual(client.server, { command: 'dockcheck', args: ['lsp'], options: { cwd: '/extensions/dockcheck' } });
  assert.equal(client.state, 'running');
  assert.equal(client.options.outputChannel.name, 'dockcheck');
  assert.ok(client.options.documentSelector.every((filter) => filter.scheme === 'file'));
  const languages = client.options.documentSelector.map((filter) => filter.language).filter(Boolean);
  assert.deepEqual(languages, ['dockerfile', 'dockercompose', 'yaml']);
  await extension.deactivate();
  assert.equal(client.state, 'stopped');
});

test('takes program and arguments from the settings', async () => {
  const { extension, seen, context } = load({ settings: { 'dockcheck.path': '/opt/dockcheck', 'dockcheck.args': ['--profile', 'gpu'] } });
  await extension.activate(context);
  assert.equal(seen.clients[0].server.command, '/opt/dockcheck');
  assert.deepEqual(seen.clients[0].server.args, ['lsp', '--profile', 'gpu']);
});

test('refuses settings that cannot be meant', async () => {
  for (const settings of [
    { 'dockcheck.path': '' },
    { 'dockcheck.path': './tools/dockcheck' },
    { 'dockcheck.path': 'tools\\dockcheck' },
    { 'dockcheck.path': 7 },
    { 'dockcheck.args': 'lsp' },
    { 'dockcheck.args': [1] },
  ]) {
    const { extension, seen, context } = load({ settings });
    await extension.activate(context);
    assert.equal(seen.clients.length, 0, JSON.stringify(settings));
    assert.equal(seen.errors.length, 1);
  }
});

test('says when the program cannot be started, and leads to the setting', async () => {
  const { extension, seen, context } = load({ failsToStart: true, answer: 'Open the settings' });
  await extension.activate(context);
  await new Promise(setImmediate);
  assert.match(seen.errors[0], /could not be started as `dockcheck`/);
  assert.deepEqual(seen.executed, [['workbench.action.openSettings', 'dockcheck.path']]);
  assert.ok(seen.lines.some((line) => line.includes('ENOENT')));
  // Nothing is left to stop.
  await extension.deactivate();
});

test('restarts on command, on a changed setting and when the workspace becomes trusted', async () => {
  const { extension, seen, settings, context } = load();
  await extension.activate(context);
  await seen.commands['dockcheck.restart']();
  assert.deepEqual(seen.clients.map((client) => client.state), ['stopped', 'running']);
  const changed = (key) => seen.configuration[0]({ affectsConfiguration: (asked) => asked === key });
  settings['dockcheck.path'] = '/opt/other';
  await changed('dockcheck.path');
  await changed('dockcheck.args');
  await changed('editor.fontSize');
  await changed('dockcheck.trace.server');
  assert.equal(seen.clients.length, 4);
  assert.equal(seen.clients[3].server.command, '/opt/other');
  await seen.trust[0]();
  assert.equal(seen.clients.length, 5);
  assert.equal(seen.clients.filter((client) => client.state === 'running').length, 1);
});

test('restarts asked for at once leave one server', async () => {
  const { extension, seen, context } = load();
  await extension.activate(context);
  const restart = seen.commands['dockcheck.restart'];
  await Promise.all([restart(), restart(), restart()]);
  assert.equal(seen.clients.filter((client) => client.state === 'running').length, 1);
  await extension.deactivate();
  assert.equal(seen.clients.filter((client) => client.state === 'running').length, 0);
});

test('shows the output on command', async () => {
  const { extension, seen, context } = load();
  await extension.activate(context);
  seen.commands['dockcheck.showOutput']();
  assert.ok(seen.lines.includes('(shown)'));
  assert.ok(seen.lines.includes('Starting: dockcheck lsp'));
});

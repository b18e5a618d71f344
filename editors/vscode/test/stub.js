// Stands for the editor: what the extension calls is recorded, what it waits for is answered.
'use strict';

const Module = require('node:module');

/** A fresh extension over a fresh editor. */
function load({ settings = {}, failsToStart = false, answer } = {}) {
  const seen = { clients: [], commands: {}, executed: [], lines: [], errors: [], configuration: [], trust: [] };
  const disposable = { dispose() {} };
  const vscode = {
    window: {
      createOutputChannel: (name) => ({ name, appendLine: (line) => seen.lines.push(line), show: () => seen.lines.push('(shown)'), dispose() {} }),
      showErrorMessage: async (message) => {
        seen.errors.push(message);
        return answer;
      },
    },
    workspace: {
      getConfiguration: (section) => ({ get: (key, otherwise) => settings[`${section}.${key}`] ?? otherwise }),
      onDidChangeConfiguration: (heard) => (seen.configuration.push(heard), disposable),
      onDidGrantWorkspaceTrust: (heard) => (seen.trust.push(heard), disposable),
    },
    commands: {
      registerCommand: (name, run) => ((seen.commands[name] = run), disposable),
      executeCommand: async (...words) => void seen.executed.push(words),
    },
  };
  class LanguageClient {
    constructor(id, name, server, options) {
      Object.assign(this, { id, name, server, options, state: 'new' });
      seen.clients.push(this);
    }
    async start() {
      await new Promise(setImmediate);
      if (failsToStart) {
        throw new Error('spawn ENOENT');
      }
      this.state = 'running';
    }
    async stop() {
      await new Promise(setImmediate);
      this.state = 'stopped';
    }
  }
  const stubs = { vscode, 'vscode-languageclient/node': { LanguageClient } };
  const original = Module._load;
  Module._load = (request, ...rest) => stubs[request] ?? original(request, ...rest);
  try {
    const file = require.resolve('../src/extension.js');
    delete require.cache[file];
    const extension = require(file);
    return { extension, seen, settings, context: { subscriptions: [], extensionPath: '/extensions/dockcheck' } };
  } finally {
    Module._load = original;
  }
}

module.exports = { load };

// Starts `dockcheck lsp` and keeps it running as the settings say. What is found, shown and fixed is the server's work.
'use strict';

const path = require('node:path');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

const NAME = 'dockcheck';

// Everything that may stand for a file on disk in the check; what is none of ours the server passes over.
const DOCUMENTS = [
  { scheme: 'file', language: 'dockerfile' },
  { scheme: 'file', language: 'dockercompose' },
  { scheme: 'file', language: 'yaml' },
  { scheme: 'file', pattern: '**/*{Dockerfile,dockerfile,Containerfile,containerfile}*' },
  { scheme: 'file', pattern: '**/*.dockerignore' },
  { scheme: 'file', pattern: '**/.env*' },
];

let client;
let output;
// Starts and stops follow one another, however fast they are asked for.
let last = Promise.resolve();

/** The command line that the settings ask for, or a sentence that says why it cannot be used. */
function commandLine(settings) {
  const program = settings.get('path', NAME);
  const args = settings.get('args', []);
  if (typeof program !== 'string' || program.trim() === '') {
    return { problem: 'the setting dockcheck.path is empty' };
  }
  // A relative path would mean another program in each workspace.
  if (/[\\/]/.test(program) && !path.isAbsolute(program)) {
    return { problem: `the setting dockcheck.path must be a bare name or an absolute path, not \`${program}\`` };
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    return { problem: 'the setting dockcheck.args must be a list of strings' };
  }
  return { command: program, args: ['lsp', ...args] };
}

function queue(step) {
  last = last.then(step, step);
  return last;
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) {
    try {
      await running.stop();
    } catch (error) {
      output.appendLine(`The server did not stop in good order: ${error.message ?? error}`);
    }
  }
}

async function start(context) {
  await stop();
  const line = commandLine(vscode.workspace.getConfiguration(NAME));
  if (line.problem) {
    output.appendLine(line.problem);
    await complain(`dockcheck: ${line.problem}`);
    return;
  }
  output.appendLine(`Starting: ${[line.command, ...line.args].join(' ')}`);
  // The extension's own folder: a bare name must never be found in the folder that is being looked at.
  const server = { command: line.command, args: line.args, options: { cwd: context.extensionPath } };
  const starting = new LanguageClient(NAME, NAME, server, { documentSelector: DOCUMENTS, outputChannel: output });
  client = starting;
  try {
    await starting.start();
  } catch (error) {
    if (client === starting) {
      client = undefined;
    }
    output.appendLine(`The server did not start: ${error.message ?? error}`);
    complain(`dockcheck could not be started as \`${line.command}\`. Install it, or name it in the settings.`);
  }
}

async function complain(message) {
  const settings = 'Open the settings';
  if ((await vscode.window.showErrorMessage(message, settings)) === settings) {
    await vscode.commands.executeCommand('workbench.action.openSettings', `${NAME}.path`);
  }
}

async function activate(context) {
  output = vscode.window.createOutputChannel(NAME);
  const restart = () => queue(() => start(context));
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand('dockcheck.restart', restart),
    vscode.commands.registerCommand('dockcheck.showOutput', () => output.show()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('dockcheck.path') || event.affectsConfiguration('dockcheck.args')) {
        return restart();
      }
    }),
    // Settings of the workspace count from now on.
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  await restart();
}

function deactivate() {
  return queue(stop);
}

module.exports = { activate, deactivate, commandLine };

import { exec, execFile, execSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import vm from 'node:vm';

export function code(text: string): void {
  // ruleid: eval-of-text
  eval(text);
  // ruleid: eval-of-text
  new Function('a', text)(1);
  // ruleid: eval-of-text
  vm.runInNewContext(text);
  // ok: eval-of-text
  JSON.parse(text);
  // ok: eval-of-text
  setTimeout(() => code(text), 10);
}

export function shell(name: string): void {
  // ruleid: shell-command-from-parts
  exec(`ls ${name}`);
  // ruleid: shell-command-from-parts
  execSync('ls ' + name, { encoding: 'utf8' });
  // ruleid: shell-command-from-parts
  spawn('ls', [name], { shell: true });
  // ok: shell-command-from-parts
  execSync('git status');
  // ok: shell-command-from-parts
  execFile('ls', [name]);
  // ok: shell-command-from-parts
  /a+/.exec(name);
}

export function patterns(input: string): void {
  // ruleid: regexp-from-input
  new RegExp(input, 'u');
  // ruleid: regexp-from-input
  new RegExp(`^${input}$`);
  // ok: regexp-from-input
  new RegExp('^a+$');
  // ok: regexp-from-input
  new RegExp(RegExp.escape(input));
}

export function identity(): unknown {
  // ruleid: predictable-random
  const requestId = Math.random().toString(36).slice(2);
  // ruleid: predictable-random
  const token = `t-${Math.random()}`;
  // ruleid: predictable-random
  const session = { sessionKey: Math.random() * 1e9 };
  // ok: predictable-random
  const pause = Math.random() * 100;
  // ok: predictable-random
  const id = randomUUID();
  return [requestId, token, session, pause, id];
}

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { run } from '../../e2e/support/command.ts';

/**
 * Scales a service from one pod to two, and gives the seconds from the start of the new pod's process
 * until the API server tells that it is ready.
 */
export async function podStartSeconds(namespace: string, service: string): Promise<number> {
  const inNamespace = ['--namespace', namespace];
  const selector = ['--selector', `app.kubernetes.io/name=${service}`];
  const old = await run('kubectl', [...inNamespace, 'get', 'pods', ...selector, '-o', 'name']);
  const ready = '{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}';
  const watch = ['get', 'pods', ...selector, '--watch', '--output', `jsonpath=${ready}`];
  const child = spawn('kubectl', [...inNamespace, ...watch], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  try {
    await run('kubectl', [...inNamespace, 'scale', `deployment/my-app-${service}`, '--replicas=2']);
    for await (const line of createInterface(child.stdout)) {
      const [pod = '', isReady] = line.split(' ');
      if (isReady !== 'True' || old.includes(pod)) continue;
      const readyAt = Date.now();
      return (readyAt - (await startOf(namespace, pod))) / 1000;
    }
    throw new Error(`no new pod of ${service} was ready within a minute`);
  } finally {
    child.kill();
  }
}

/** When the pod's process started, as a Unix time in ms; the clocks are one machine's. */
async function startOf(namespace: string, pod: string): Promise<number> {
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22, in hundredths of a second
  const script = `
    const { readFileSync } = require('node:fs');
    const [, fields] = readFileSync('/proc/1/stat', 'utf8').split(') ');
    const started = Number(fields.split(' ')[19]) * 10;
    const up = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
    console.log(Date.now() - up + started);`;
  const command = ['/nodejs/bin/node', '--eval', script];
  return Number(await run('kubectl', ['--namespace', namespace, 'exec', pod, '--', ...command]));
}

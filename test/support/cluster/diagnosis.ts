import { kubectl } from './kubectl.ts';

/** The state of the pods, the warning events and the last log lines. */
export async function diagnosis(): Promise<string> {
  const queries = [
    ['get', 'pods', '-o', 'wide'],
    ['get', 'events', '--sort-by=.lastTimestamp', '--field-selector=type=Warning'],
    [
      'logs',
      '--selector=app.kubernetes.io/part-of=my-app',
      '--prefix',
      '--tail=10',
      '--max-log-requests=50',
    ],
  ];
  const answers = queries.map(async (query) => {
    const text = await kubectl(...query).catch((error: Error) => error.message);
    return `--- kubectl ${query.join(' ')}\n${text}`;
  });
  return (await Promise.all(answers)).join('\n');
}

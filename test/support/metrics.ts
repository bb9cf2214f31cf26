import { send } from './http.ts';

/** The sum of a metric's samples with these labels; 0 if there are none. */
export async function metric(
  admin: string,
  name: string,
  labels: Record<string, string | number> = {},
): Promise<number> {
  const { text } = await send(`${admin}/metrics`);
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

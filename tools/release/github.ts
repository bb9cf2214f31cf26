/** GitHub's REST API, and a note of what it refused. A dry run prints what it would write. */
export class GitHub {
  failed = false;
  readonly #url = process.env.GITHUB_API_URL ?? 'https://api.github.com';
  readonly #token: string;
  readonly #dryRun: boolean;

  constructor(token: string, dryRun: boolean) {
    this.#token = token;
    this.#dryRun = dryRun;
  }

  /** What is at a path, or undefined if nothing is. */
  // biome-ignore lint/suspicious/noExplicitAny: The callers know what the API documents.
  async read(path: string): Promise<any> {
    const response = await this.#send('GET', path);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Creates or updates an item of a collection that finds items by name. */
  async upsert(path: string, name: string, values: object): Promise<void> {
    if (await this.read(`${path}/${name}`)) await this.write('PATCH', `${path}/${name}`, values);
    else await this.write('POST', path, { name, ...values });
  }

  /** Prints the call and, unless this is a dry run, makes it. A refusal, such as a feature of another plan, does not end the program. */
  async write(method: string, path: string, body?: object): Promise<void> {
    // nosemgrep: tools.scan.semgrep.request-logged-whole - settings of this repository, which --dry-run is for (2026-12-01)
    console.log(`${method} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`);
    if (this.#dryRun) return;
    const response = await this.#send(method, path, body);
    if (response.ok) return;
    this.failed = true;
    console.error(`  refused: ${response.status} ${await response.text()}`);
  }

  #send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      body: body ? JSON.stringify(body) : null,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${this.#token}`,
        'x-github-api-version': '2022-11-28',
      },
    });
  }
}

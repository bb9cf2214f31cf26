// A hostile client, for test/cluster/hostile-clients.test.ts: with HTTP_HOST:PORT and GRPC_HOST:PORT as arguments. For 20 s it holds what it can
// of both services, asks honestly beside it, and prints what became of the honest requests as JSON.
import { lookup } from 'node:dns/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [http = '', grpc = ''] = process.argv.slice(1); // run by --eval
const end = Date.now() + 20_000;

/** Bodies that stop before the last byte; no answer is read. */
async function stallBodies(connections) {
  const [host, port] = http.split(':');
  const head = 'POST /service_a/x HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n';
  const bytes = Buffer.from(`${head}Content-Length: 65536\r\n\r\n${' '.repeat(65_535)}`);
  for (let count = 0; count < connections && Date.now() < end; count++) {
    const socket = connect(Number(port), host);
    socket.on('error', () => {}).pause();
    socket.write(bytes);
    if (count % 50 === 0) await sleep(10);
  }
}

/** Messages that are never finished, to every pod. */
async function stallCalls(connections, streams) {
  const [host, port] = grpc.split(':');
  const message = Buffer.alloc(16_388);
  message.writeUInt32BE(16_384, 1); // the length of all of it; one byte never comes
  const headers = {
    ':method': 'POST',
    ':path': '/greeting.v1.GreetingService/Greet',
    'content-type': 'application/grpc',
  };
  for (const { address } of await lookup(host, { all: true })) {
    for (let i = 0; i < connections; i++) {
      const session = connectHttp2(`http://${address}:${port}`).on('error', () => {});
      for (let n = 0; n < streams; n++) {
        const stream = session.request(headers, { endStream: false }).on('error', () => {});
        stream.write(message);
      }
    }
  }
}

async function askHonestly() {
  const seen = {};
  let slowest = 0;
  while (Date.now() < end) {
    const started = Date.now();
    const status = await fetch(`http://${http}/ping_service_a`, {
      signal: AbortSignal.timeout(5000),
    }).then(
      (response) => response.status,
      (error) => error.cause?.code ?? error.name,
    );
    seen[status] = (seen[status] ?? 0) + 1;
    slowest = Math.max(slowest, Date.now() - started);
    await sleep(100);
  }
  return { seen, slowest };
}

const [result] = await Promise.all([askHonestly(), stallBodies(3000), stallCalls(4, 500)]);
console.log(JSON.stringify(result));
process.exit();

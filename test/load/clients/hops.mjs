/**
 * The same hop with different libraries, each on both ends: `serve` returns the port of a server on the loopback
 * interface, and `connect` returns a function that makes one call and returns the greeting.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { json } from 'node:stream/consumers';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
} from '@connectrpc/connect-node';
import { credentials, makeClientConstructor, Server, ServerCredentials } from '@grpc/grpc-js';
import { GreetingServiceService as definition } from '@my-app/proto/greeting/v1/greeting';
import { createChannel, createClient as createNiceClient, createServer } from 'nice-grpc';
import { Client } from 'undici';

const host = '127.0.0.1';
const message = 'Hello from Service A!';

async function listen(server) {
  await once(server.listen(0, host), 'listening');
  return server.address().port;
}

const answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
};

/** connect-node needs a descriptor; this one comes from buf instead of generated code. */
function descriptor() {
  const image = execFileSync('buf', ['build', 'proto', '--output=-']);
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  return registry.getService('greeting.v1.GreetingService');
}

const connect = (createTransport) => ({
  serve: () => {
    const routes = (router) => router.service(descriptor(), { greet: () => ({ message }) });
    return listen(http2.createServer(connectNodeAdapter({ routes })));
  },
  connect: (port) => {
    const transport = createTransport({ baseUrl: `http://${host}:${port}`, httpVersion: '2' });
    const client = createClient(descriptor(), transport);
    return async () => (await client.greet({})).message;
  },
});

export const hops = {
  'grpc-js': {
    serve: () => {
      const server = new Server();
      server.addService(definition, { greet: (_call, callback) => callback(null, { message }) });
      return new Promise((resolve, reject) => {
        const bound = (error, port) => (error ? reject(error) : resolve(port));
        server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), bound);
      });
    },
    connect: (port) => {
      const GreetingClient = makeClientConstructor(definition, 'GreetingService');
      const client = new GreetingClient(`${host}:${port}`, credentials.createInsecure());
      return () =>
        new Promise((resolve, reject) => {
          client.greet({}, (error, response) =>
            error ? reject(error) : resolve(response.message),
          );
        });
    },
  },
  'nice-grpc': {
    serve: () => {
      const server = createServer();
      server.add(definition, { greet: async () => ({ message }) });
      return server.listen(`${host}:0`);
    },
    connect: (port) => {
      const client = createNiceClient(definition, createChannel(`${host}:${port}`));
      return async () => (await client.greet({})).message;
    },
  },
  'connect-node, gRPC': connect(createGrpcTransport),
  'connect-node, Connect': connect(createConnectTransport),
  'undici, HTTP/2, JSON': {
    serve: () => listen(http2.createServer(answer)),
    connect: (port) => {
      const client = new Client(`http://${host}:${port}`, { useH2c: true, pipelining: 100 });
      return async () => {
        const { body } = await client.request({ path: '/greeting', method: 'GET' });
        return (await body.json()).message;
      };
    },
  },
  'node:http, HTTP/1.1, JSON': {
    serve: () => listen(http.createServer(answer)),
    connect: (port) => {
      const agent = new http.Agent({ keepAlive: true });
      return async () => {
        const request = http.get({ host, port, path: '/greeting', agent });
        const [response] = await once(request, 'response');
        return (await json(response)).message;
      };
    },
  },
};

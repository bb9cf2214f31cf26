/** Baseline for Service A: the same greeting with only grpc-js and node:http. */
import { createServer } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import {
  type GreetingServiceServer,
  GreetingServiceService,
} from '@my-app/proto/greeting/v1/greeting';

const { HTTP_PORT = '8011', GRPC_PORT = '50051' } = process.env;

const message = 'Hello from Service A!';

const grpc = new Server();
const greet: GreetingServiceServer['greet'] = (_call, callback) => callback(null, { message });
// Only the method that is measured, however many the contract has.
grpc.addService({ greet: GreetingServiceService.greet }, { greet });
grpc.bindAsync(`127.0.0.1:${GRPC_PORT}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}).listen(Number(HTTP_PORT), '127.0.0.1');

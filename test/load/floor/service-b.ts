/** Baseline for Service B's ping: one gRPC call per HTTP request, with only grpc-js and node:http. */
import { createServer } from 'node:http';
import { credentials } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';

const { HTTP_PORT = '8012', SERVICE_A_GRPC_ADDRESS = 'localhost:50051' } = process.env;

const client = new GreetingServiceClient(SERVICE_A_GRPC_ADDRESS, credentials.createInsecure());

createServer((_request, response) => {
  client.greet({}, (error, greeting) => {
    if (error) throw error;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: 'Hello from Service B!', service_a: greeting }));
  });
}).listen(Number(HTTP_PORT), '127.0.0.1');

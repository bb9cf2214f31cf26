/** Service B with NestJS on Fastify: calls Service A over gRPC. */
import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { map } from 'rxjs';
import { decorate } from './decorate.mjs';

const { HTTP_PORT, SERVICE_A_GRPC_ADDRESS, PROTO_PATH } = process.env;

class PingController {
  constructor(client) {
    this.serviceA = client.getService('GreetingService');
  }

  ping() {
    return this.serviceA
      .greet({})
      .pipe(map((greeting) => ({ message: 'Hello from Service B!', service_a: greeting })));
  }
}
Controller()(PingController);
Inject('GREETING')(PingController, undefined, 0);
decorate(PingController, 'ping', Get('ping_service_a'));

class AppModule {}
Module({
  imports: [
    ClientsModule.register([
      {
        name: 'GREETING',
        transport: Transport.GRPC,
        options: { package: 'greeting.v1', protoPath: PROTO_PATH, url: SERVICE_A_GRPC_ADDRESS },
      },
    ]),
  ],
  controllers: [PingController],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(Number(HTTP_PORT), '127.0.0.1');

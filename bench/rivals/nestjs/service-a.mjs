/** Service A with NestJS on Fastify: a greeting over HTTP and over gRPC. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decorate } from './decorate.mjs';

const { HTTP_PORT, GRPC_PORT, PROTO_PATH } = process.env;

class GreetingController {
  greet() {
    return { message: 'Hello from Service A!' };
  }
}
Controller()(GreetingController);
decorate(GreetingController, 'greet', Get('greeting'));
decorate(GreetingController, 'greet', GrpcMethod('GreetingService', 'Greet'));

class AppModule {}
Module({ controllers: [GreetingController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
app.connectMicroservice({
  transport: Transport.GRPC,
  options: { package: 'greeting.v1', protoPath: PROTO_PATH, url: `127.0.0.1:${GRPC_PORT}` },
});
await app.startAllMicroservices();
await app.listen(Number(HTTP_PORT), '127.0.0.1');

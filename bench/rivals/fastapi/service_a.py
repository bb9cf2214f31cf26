"""Service A with FastAPI and grpc.aio: a greeting over HTTP and over gRPC."""

import os
from contextlib import asynccontextmanager

import grpc.aio
from fastapi import FastAPI
from pydantic import BaseModel

from greeting.v1 import greeting_pb2, greeting_pb2_grpc

MESSAGE = "Hello from Service A!"


class Greeting(BaseModel):
    message: str


class GreetingService(greeting_pb2_grpc.GreetingServiceServicer):
    async def Greet(self, request, context):
        return greeting_pb2.GreetResponse(message=MESSAGE)


@asynccontextmanager
async def lifespan(_app):
    server = grpc.aio.server()
    greeting_pb2_grpc.add_GreetingServiceServicer_to_server(GreetingService(), server)
    server.add_insecure_port(f"127.0.0.1:{os.environ['GRPC_PORT']}")
    await server.start()
    yield
    await server.stop(None)


app = FastAPI(lifespan=lifespan)


@app.get("/greeting")
async def greeting() -> Greeting:
    return Greeting(message=MESSAGE)

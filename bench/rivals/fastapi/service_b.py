"""Service B with FastAPI: calls Service A over HTTP by httpx, and over gRPC by grpc.aio."""

import os
from contextlib import asynccontextmanager

import grpc.aio
import httpx
from fastapi import FastAPI, Request
from pydantic import BaseModel

from greeting.v1 import greeting_pb2, greeting_pb2_grpc


class Greeting(BaseModel):
    message: str


class Ping(BaseModel):
    message: str
    service_a: Greeting


@asynccontextmanager
async def lifespan(app):
    async with (
        httpx.AsyncClient(base_url=os.environ["SERVICE_A_HTTP_URL"]) as app.state.http,
        grpc.aio.insecure_channel(os.environ["SERVICE_A_GRPC_ADDRESS"]) as channel,
    ):
        app.state.stub = greeting_pb2_grpc.GreetingServiceStub(channel)
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/ping_service_a_httpx")
async def ping_httpx(request: Request) -> Ping:
    response = await request.app.state.http.get("/greeting")
    response.raise_for_status()
    return Ping(message="Hello from Service B!", service_a=Greeting(**response.json()))


@app.get("/ping_service_a")
async def ping(request: Request) -> Ping:
    answer = await request.app.state.stub.Greet(greeting_pb2.GreetRequest(), timeout=1)
    return Ping(message="Hello from Service B!", service_a=Greeting(message=answer.message))

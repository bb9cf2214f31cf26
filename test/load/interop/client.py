# /// script
# requires-python = ">=3.10"
# dependencies = ["grpcio==1.85.3"]
# ///
"""Reads GreetEach with Python's gRPC client, which knows no proto file: client.py HOST:PORT."""

import sys

import grpc

METHOD = "/greeting.v1.GreetingService/GreetEach"


def request(*names: str) -> bytes:
    """GreetEachRequest with short names."""
    return b"".join(b"\x0a" + bytes([len(name)]) + name.encode() for name in names)


def read(names: list[str], cancel_after: int = 0, timeout: float = 20) -> tuple[int, str]:
    """How many messages arrive, and the status that follows."""
    call = stream(request(*names), timeout=timeout)
    messages = 0
    try:
        for _ in call:
            messages += 1
            if messages == cancel_after:
                call.cancel()
    except grpc.RpcError:
        pass
    return messages, call.code().name


many = ["Ada"] * 1000
with grpc.insecure_channel(sys.argv[1]) as channel:
    stream = channel.unary_stream(METHOD)
    assert read(["Ada", "Bob"]) == (2, "OK")
    assert read(["Ada", ""]) == (1, "INVALID_ARGUMENT")
    assert read(many, cancel_after=2) == (2, "CANCELLED")
    messages, code = read(many, timeout=0.5)
    assert 0 < messages < 1000 and code == "DEADLINE_EXCEEDED", (messages, code)

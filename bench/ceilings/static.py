"""A bare FastAPI application with a response model and nothing behind it, served as `sitthi serve` serves.

`python -m bench.ceilings.static` takes a free port of the loopback and prints its address.
"""

import socket
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Reason(BaseModel):
    """Why."""

    code: str
    th: str
    en: str


class Context(BaseModel):
    """What comes with an answer."""

    reasons: list[Reason]
    policy: str


class Answer(BaseModel):
    """An answer as long as a decision."""

    decision: bool
    context: Context


app = FastAPI(openapi_url=None)


@app.get("/")
async def static() -> Answer:
    """Always the same, made and checked anew."""
    reason = Reason(code="basis_contract", th="จำเป็นเพื่อปฏิบัติตามสัญญา", en="Needed to perform the contract")
    return Answer(decision=True, context=Context(reasons=[reason], policy="0" * 64))


def main() -> None:
    """Serve until told to stop."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        sys.stdout.write(f"Address  http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        configuration = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(configuration).run(sockets=[listener])


if __name__ == "__main__":
    main()

"""HTTP: one file per noun, one call per handler."""

from fastapi import APIRouter

from app.routers import health, problems, sandbox, subjects

ROUTERS: list[APIRouter] = [
    health.router,
    problems.router,
    subjects.router,
]
SANDBOX_ROUTERS: list[APIRouter] = [sandbox.router]

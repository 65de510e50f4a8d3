"""HTTP: one file per noun, one call per handler."""

from fastapi import APIRouter

from app.routers import catalogue, consents, health, notices, problems, sandbox, subjects

ROUTERS: list[APIRouter] = [
    health.router,
    problems.router,
    catalogue.router,
    notices.router,
    subjects.router,
    consents.router,
]
SANDBOX_ROUTERS: list[APIRouter] = [sandbox.router]

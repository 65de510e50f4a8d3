"""HTTP: one file per noun, one call per handler."""

from fastapi import APIRouter

from app.routers import catalogue, consents, health, notices, problems, records, sandbox, subjects, tasks
from app.routers.requests import erasure, queue, review

ROUTERS: list[APIRouter] = [
    health.router,
    problems.router,
    catalogue.router,
    notices.router,
    subjects.router,
    records.router,
    consents.router,
    erasure.router,
    queue.router,
    review.router,
    tasks.router,
]
SANDBOX_ROUTERS: list[APIRouter] = [sandbox.router]

"""HTTP: one file per noun, one call per handler."""

from fastapi import APIRouter

from app.routers import (
    acknowledgements,
    catalogue,
    consent_imports,
    consents,
    deletion_cases,
    documentation,
    evaluations,
    health,
    legal_holds,
    metrics,
    notices,
    processing,
    receipts,
    records,
    registers,
    representatives,
    sandbox,
    subjects,
    tasks,
    well_known,
)
from app.routers.requests import (
    access,
    complaint,
    correction,
    erasure,
    messages,
    objection,
    portability,
    queue,
    restriction,
    review,
)

ROUTERS: list[APIRouter] = [
    evaluations.router,  # asked one after the other: the hot paths come first
    consents.router,
    health.router,
    metrics.router,
    documentation.router,
    well_known.router,
    catalogue.router,
    notices.router,
    acknowledgements.router,
    subjects.router,
    representatives.router,
    records.router,
    receipts.router,
    consent_imports.router,
    legal_holds.router,
    deletion_cases.router,
    erasure.router,
    restriction.router,
    objection.router,
    complaint.router,
    correction.router,
    access.router,
    portability.router,
    queue.router,
    messages.router,
    review.router,
    processing.router,
    evaluations.discovery,
    tasks.router,
    registers.router,
]
SANDBOX_ROUTERS: list[APIRouter] = [sandbox.router]
PROBES: list[APIRouter] = [health.router, metrics.router]
"""What a process that only works answers."""

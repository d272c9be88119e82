"""Fine-tuning: jobs, their events and checkpoints. The models they make are in `core.finetuned`."""

from __future__ import annotations

from pytest_mockopenai.endpoints.fine_tuning import events, graders, jobs, permissions

ENDPOINTS = (*jobs.ENDPOINTS, *events.ENDPOINTS, *permissions.ENDPOINTS, *graders.ENDPOINTS)

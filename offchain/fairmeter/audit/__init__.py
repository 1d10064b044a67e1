"""The audit of a bundle: replay on another EVM, verdicts recomputed by other code, invariants by their numbers."""

from __future__ import annotations

from fairmeter.audit.findings import AuditResult, Check, Finding
from fairmeter.audit.run import audit

__all__ = ["AuditResult", "Check", "Finding", "audit"]

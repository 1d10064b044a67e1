"""Credit data under the customer's control: what is encrypted, who may open it, and how a key reaches them."""

from __future__ import annotations

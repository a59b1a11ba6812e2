"""Batches, labelled responses and standard replies: what clients may ask for so that answers are told apart.

The work is done where lines are queued (``session``, ``delivery.labels``); here is only what is on offer.
"""

from __future__ import annotations

from chatd.core import caps
from chatd.core.caps import Capability

BATCH: Capability = caps.BATCH
LABELED_RESPONSE: Capability = caps.LABELED_RESPONSE
STANDARD_REPLIES: Capability = caps.STANDARD_REPLIES

"""Whatever happens on the way, catalog, postings, statistics and thumbnails end as the bucket is."""

from __future__ import annotations

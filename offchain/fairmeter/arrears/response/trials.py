"""Public trials in which a contact, an offer or an incentive was given at random, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from fairmeter.arrears.features import Features, Floats, Ints, binary, read_frame
from fairmeter.errors import InputError
from fairmeter.model import Bools

LEAST: Final = 30
"""Treated and untreated each, below which nothing can be known of an effect."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Of n people: what was known before, who was treated, and who did what is hoped for (pay, come, take up)."""

    name: str
    features: Features
    treated: Bools
    outcome: Bools
    cluster: Ints
    """(n,) those with the same number were treated together, and are resampled together."""
    propensity: Floats
    """(n,) share treated of those among whom it was drawn."""
    kind: Ints
    """(n,) which of `classes` each belongs to."""
    classes: tuple[str, ...]

    @property
    def clustered(self) -> bool:
        """Whether people were treated together."""
        return int(self.cluster.max()) + 1 < len(self.cluster)

    @classmethod
    def of(
        cls,
        name: str,
        features: Features,
        treated: Bools,
        outcome: Bools,
        *,
        stratum: Ints | None = None,
        cluster: Ints | None = None,
        kind: Ints | None = None,
        classes: tuple[str, ...] = ("all",),
    ) -> Trial:
        """Treatment was drawn within each `stratum` (all, if None), by `cluster` (one by one, if None); `kind` says
        which of `classes` each is of. Raises InputError where treated or untreated people are too few, all in all, in a
        stratum or in a class."""
        count = len(treated)
        drawn = np.zeros(count, dtype=np.int64) if stratum is None else np.unique(stratum, return_inverse=True)[1]
        people, given = np.bincount(drawn), np.bincount(drawn[treated], minlength=int(drawn.max(initial=0)) + 1)
        if int(treated.sum()) < LEAST or int((~treated).sum()) < LEAST or ((given == 0) | (given == people)).any():
            raise InputError(
                f"{name}: {int(treated.sum()):,} treated and {int((~treated).sum()):,} untreated; at least {LEAST} of "
                "each, and some in every class, are needed: no effect can be known without the untreated"
            )
        of_class = np.zeros(count, dtype=np.int64) if kind is None else kind
        for number, class_ in enumerate(classes):
            member = of_class == number
            if min(int((treated & member).sum()), int((~treated & member).sum())) < LEAST:
                raise InputError(
                    f"{name}, {class_}: {LEAST} treated and {LEAST} untreated are needed to know an effect"
                )
        own = np.arange(count) if cluster is None else np.unique(cluster, return_inverse=True)[1]
        return cls(name, features, treated, outcome, own.astype(np.int64), (given / people)[drawn], of_class, classes)


def hillstrom(path: Path, segment: str) -> Trial:
    """E-mails of a shop (Hillstrom 2008): those who got one of `segment` against those who got none; visits."""
    frame = read_frame(path).filter(pl.col("segment").is_in([segment, "No E-Mail"]))
    features = frame.select("recency", "history", "mens", "womens", "zip_code", "newbie", "channel")
    treated = (frame["segment"] == segment).to_numpy()
    # Everybody bought something of the one or the other before.
    kind = frame["mens"].to_numpy() + 2 * frame["womens"].to_numpy().astype(np.int64) - 1
    return Trial.of(
        f"hillstrom, {segment.lower()}",
        Features.of(features),
        treated,
        binary(frame, "visit", str(path)),
        kind=kind,
        classes=("bought men's", "bought women's", "bought both"),
    )


def karlan_zinman(path: Path) -> Trial:
    """Borrowers in South Africa (Karlan and Zinman 2008), some promised cheap loans for a year if they repay, drawn
    within risk and wave: never past due."""
    frame = read_frame(path).filter(pl.col("pstdue_average").is_not_null())
    features = frame.select(
        "dependants", "dormancy", "itcscore", "appscore", "lastterm", "lastamount", "risk", "trcount", "edhi", "rural",
        "offer4", "grossincome",
    )  # fmt: skip
    stratum = frame.select(pl.struct("risk", "wave").rank("dense")).to_series().to_numpy().astype(np.int64)
    paid = (frame["pstdue_average"] == 0).to_numpy()
    treated = binary(frame, "yearlong", str(path))
    risks = ("LOW", "MEDIUM", "HIGH")
    kind = frame["risk"].replace_strict(dict(zip(risks, range(3), strict=True)), return_dtype=pl.Int64).to_numpy()
    classes = tuple(f"{risk.lower()} risk" for risk in risks)
    return Trial.of(
        "karlan_zinman_loans", Features.of(features), treated, paid, stratum=stratum, kind=kind, classes=classes
    )


def hyderabad(path: Path) -> Trial:
    """Households of Hyderabad (Banerjee et al. 2015); a lender opened in areas drawn at random: never late on a loan.
    Only what was known of the area before is a feature; areas are resampled whole."""
    frame = read_frame(path).filter(pl.col("everlate_1").is_not_null())
    features = frame.select(pl.col("^area_.*_base$"), "head_age_1", "head_noeduc_1", "adults_1", "children_1")
    cluster = frame["areaid"].to_numpy().astype(np.int64)
    treated, late = binary(frame, "treatment", str(path)), binary(frame, "everlate_1", str(path))
    return Trial.of(
        "hyderabad_microfinance",
        Features.of(features),
        treated,
        ~late,
        cluster=cluster,
        kind=(frame["head_noeduc_1"].fill_null(0) == 1).to_numpy().astype(np.int64),
        classes=("head went to school, or not known", "head never went to school"),
    )


TRIALS: Final[tuple[tuple[str, Callable[[Path], Trial]], ...]] = (
    ("uplift/hillstrom.open.parquet", lambda path: hillstrom(path, "Womens E-Mail")),
    ("uplift/hillstrom.open.parquet", lambda path: hillstrom(path, "Mens E-Mail")),
    ("uplift/karlan_zinman_loans.open.parquet", karlan_zinman),
    ("uplift/hyderabad_microfinance.open.parquet", hyderabad),
)
"""The file of each below the folder of the data, and what reads it."""

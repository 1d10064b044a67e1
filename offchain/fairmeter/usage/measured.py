"""What real meters do, as measured figures: the only source of the synthetic fleet's numbers, and no reading of theirs.

Each kind of meter was measured on one public set, a customer at a time: log(reading) of the days in use was fitted by
least squares to a level, a yearly growth, two harmonics of the year, a Saturday and a Sunday effect; what remains is
the noise. A parameter is given by its quantiles over the customers at QUANTILES. Customers in use on fewer than half of
their days, or on fewer than 300, count for idleness and missing days only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Utility

Quantiles = tuple[float, float, float, float, float, float, float, float, float]

QUANTILES: Final = np.array([0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99])
NOISE_Z: Final = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
"""Where `MeterKind.noise` gives the noise: at these quantiles of the standard normal distribution."""
LARGEST_READING: Final = 2**30
"""Base units a day; the largest in any of the sets is 611,302,000 Wh."""

_NEVER: Final[Quantiles] = (0.0,) * 9


@dataclass(frozen=True, slots=True)
class MeterKind:
    """Meters of one utility in one sort of building."""

    name: str
    utility: Utility
    share: float
    """Of the fleet's customers: a choice, not a measurement."""
    level: Quantiles
    """log of base units a day."""
    growth: Quantiles
    """log a year."""
    yearly: Quantiles
    """Amplitude of the year's first harmonic, log."""
    half_yearly: Quantiles
    """Amplitude of its second, log."""
    peak: tuple[float, ...]
    """Share of customers whose yearly peak lies before each eighth of the year, 1 January first."""
    saturday: Quantiles
    sunday: Quantiles
    """Effect of the day, log."""
    deviation: Quantiles
    """Standard deviation of the noise, log."""
    noise: tuple[float, ...]
    """The noise over its deviation, at NOISE_Z."""
    persistence: float
    """Correlation of the noise's lasting part from one day to the next, from the autocorrelation at lags 1 and 7."""
    lasting: float
    """Share of that part in the noise's variance."""
    idle: Quantiles
    """Share of the days without use."""
    idle_run: float
    """Mean length of a time without use, days."""
    idle_reading: int
    """What the meter shows then, base units."""
    missing: Quantiles
    """Share of the days without a reading."""
    missing_run: float
    """Mean length of a gap, days."""


@dataclass(frozen=True, slots=True)
class PhoneKind:
    """Phone lines: a number of calls a day, of exponential length. No set has daily phone use, so no weekday, season,
    growth or gap was measured and none is made."""

    name: str
    utility: Utility
    share: float
    calls: Quantiles
    """log of calls a year."""
    seconds: Quantiles
    """log of the mean seconds a call."""
    idle: float
    """Share of lines without a call in the year."""


# Yangzhong enterprises (Tianchi power contest): 727 customers, 2015-01 to 2016-09, 620 fitted. 1,000 Wh means idle.
ENTERPRISE: Final = MeterKind(
    name="enterprise",
    utility=Utility.ELECTRICITY,
    share=0.40,
    level=(9.02, 10.37, 11.01, 11.91, 12.81, 13.72, 14.49, 15.24, 16.74),
    growth=(-1.66, -0.89, -0.448, -0.147, 0.0376, 0.235, 0.599, 0.984, 2.49),
    yearly=(0.0391, 0.0639, 0.0788, 0.135, 0.226, 0.361, 0.626, 0.845, 1.76),
    half_yearly=(0.0203, 0.0534, 0.0824, 0.136, 0.229, 0.357, 0.480, 0.567, 0.829),
    peak=(0.137, 0.171, 0.206, 0.290, 0.535, 0.777, 0.885, 1.0),
    saturday=(-1.04, -0.629, -0.418, -0.134, -0.0432, 0.00106, 0.0381, 0.0695, 0.154),
    sunday=(-1.91, -1.05, -0.874, -0.488, -0.169, -0.0417, 0.012, 0.0377, 0.126),
    deviation=(0.130, 0.211, 0.269, 0.399, 0.565, 0.821, 1.11, 1.36, 1.76),
    noise=(-4.92, -2.68, -0.77, 0.12, 0.82, 1.65, 2.91),
    persistence=0.85,
    lasting=0.77,
    idle=(0.0, 0.0, 0.0, 0.0, 0.00313, 0.0947, 0.802, 0.991, 1.0),
    idle_run=22.2,
    idle_reading=1000,
    missing=_NEVER,
    missing_run=1.0,
)

# Cambridge University estate, electricity: 54 buildings, 2016 to 2019.
INSTITUTION: Final = MeterKind(
    name="institution",
    utility=Utility.ELECTRICITY,
    share=0.05,
    level=(11.55, 11.86, 12.38, 12.80, 13.84, 14.93, 15.94, 16.67, 16.98),
    growth=(-2.51, -1.25, -0.221, -0.104, -0.0251, 0.00691, 0.081, 0.369, 1.67),
    yearly=(0.015, 0.0243, 0.0301, 0.042, 0.105, 0.216, 0.514, 0.695, 0.857),
    half_yearly=(0.00404, 0.00717, 0.00932, 0.0139, 0.0342, 0.0706, 0.173, 0.265, 0.435),
    peak=(0.481, 0.500, 0.537, 0.593, 0.722, 0.778, 0.870, 1.0),
    saturday=(-0.643, -0.550, -0.482, -0.309, -0.172, -0.115, -0.0387, -0.0225, -0.0192),
    sunday=(-0.768, -0.694, -0.549, -0.369, -0.205, -0.128, -0.0401, -0.0306, -0.0264),
    deviation=(0.0438, 0.0598, 0.0705, 0.0912, 0.136, 0.177, 0.260, 0.273, 0.490),
    noise=(-4.66, -2.20, -0.87, 0.06, 0.88, 1.78, 3.42),
    persistence=0.92,
    lasting=0.84,
    idle=_NEVER,
    idle_run=1.0,
    idle_reading=0,
    missing=(0.0, 0.0, 0.0, 0.0, 0.00274, 0.00924, 0.0348, 0.109, 0.413),
    missing_run=9.9,
)

# Homes: 9 in London (Low Carbon London, 2011 to 2014), 25 in New South Wales (Smart Grid Smart City, 2012 to 2014).
HOME: Final = MeterKind(
    name="home",
    utility=Utility.ELECTRICITY,
    share=0.20,
    level=(7.51, 7.99, 8.36, 8.60, 8.97, 9.26, 9.68, 9.72, 10.17),
    growth=(-1.79, -1.51, -0.701, -0.173, -0.0629, 0.0296, 0.0906, 0.222, 0.240),
    yearly=(0.0449, 0.0532, 0.0635, 0.102, 0.191, 0.285, 0.552, 0.624, 0.745),
    half_yearly=(0.0114, 0.0281, 0.0355, 0.0565, 0.106, 0.193, 0.246, 0.299, 0.509),
    peak=(0.152, 0.242, 0.303, 0.545, 0.818, 0.909, 0.939, 1.0),
    saturday=(-0.170, -0.108, -0.0884, -0.0465, -0.00277, 0.0575, 0.110, 0.219, 0.325),
    sunday=(-0.348, -0.219, -0.0785, 0.000276, 0.0377, 0.109, 0.187, 0.249, 0.373),
    deviation=(0.186, 0.230, 0.260, 0.305, 0.376, 0.488, 0.753, 0.818, 0.981),
    noise=(-4.30, -2.19, -0.87, 0.03, 0.92, 1.85, 3.25),
    persistence=0.81,
    lasting=0.49,
    idle=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0913, 0.222, 0.253),
    idle_run=20.1,
    idle_reading=0,
    missing=(0.0, 0.0, 0.0, 0.0, 0.00189, 0.00908, 0.0446, 0.133, 0.248),
    missing_run=4.5,
)

# Water of homes in Alicante (DAIAD trial A): 46 customers, 2016-03 to 2017-05, 38 fitted.
WATER: Final = MeterKind(
    name="water",
    utility=Utility.WATER,
    share=0.15,
    level=(3.94, 4.05, 4.27, 4.99, 5.44, 5.82, 6.04, 6.07, 6.24),
    growth=(-0.744, -0.456, -0.301, -0.135, -0.0523, 0.172, 0.305, 0.352, 1.79),
    yearly=(0.0249, 0.0494, 0.0625, 0.0841, 0.166, 0.266, 0.540, 0.824, 0.904),
    half_yearly=(0.0225, 0.0308, 0.0428, 0.082, 0.114, 0.185, 0.272, 0.492, 0.858),
    peak=(0.263, 0.368, 0.395, 0.553, 0.658, 0.789, 0.868, 1.0),
    saturday=(-1.36, -0.901, -0.529, -0.298, -0.0328, 0.201, 0.304, 0.506, 0.610),
    sunday=(-0.947, -0.616, -0.429, -0.194, -0.0325, 0.162, 0.319, 0.462, 0.581),
    deviation=(0.373, 0.404, 0.428, 0.537, 0.700, 0.903, 1.11, 1.24, 1.54),
    noise=(-7.14, -2.58, -0.64, 0.13, 0.75, 1.43, 2.53),
    persistence=0.88,
    lasting=0.15,
    idle=(0.0, 0.0, 0.0, 0.00676, 0.0283, 0.0729, 0.278, 0.688, 0.890),
    idle_run=4.7,
    idle_reading=0,
    missing=(0.0, 0.0, 0.0, 0.0, 0.0045, 0.0045, 0.0662, 0.533, 0.752),
    missing_run=11.7,
)

# Cambridge University estate, gas: 46 buildings, 2011 to 2023, 43 fitted. That set stores a missing reading as 0, so
# its idle days cannot be told from its gaps: gaps are those of the same estate's electricity, and there is no idleness.
GAS: Final = MeterKind(
    name="gas",
    utility=Utility.GAS,
    share=0.10,
    level=(8.19, 9.11, 9.62, 11.12, 12.33, 13.59, 14.59, 15.31, 15.64),
    growth=(-0.525, -0.502, -0.451, -0.101, -0.0443, 0.00746, 0.0766, 0.159, 0.178),
    yearly=(0.163, 0.264, 0.313, 0.545, 0.802, 1.15, 1.59, 1.64, 1.70),
    half_yearly=(0.0227, 0.0456, 0.0507, 0.0672, 0.108, 0.360, 0.510, 0.544, 0.577),
    peak=(0.953, 0.953, 0.953, 0.953, 0.953, 0.953, 0.977, 1.0),
    saturday=(-0.980, -0.598, -0.395, -0.236, -0.150, -0.0425, 0.00339, 0.0092, 0.0234),
    sunday=(-1.24, -1.20, -1.05, -0.377, -0.215, -0.054, -0.00181, 0.0158, 0.0238),
    deviation=(0.172, 0.210, 0.245, 0.326, 0.382, 0.604, 0.893, 0.943, 1.04),
    noise=(-4.29, -2.11, -0.96, 0.06, 0.94, 1.85, 2.70),
    persistence=0.93,
    lasting=0.85,
    idle=_NEVER,
    idle_run=1.0,
    idle_reading=0,
    missing=INSTITUTION.missing,
    missing_run=INSTITUTION.missing_run,
)

# An Iranian telecom company's customers (UCI 'Iranian churn'): 1,575 lines, totals of twelve months.
PHONE: Final = PhoneKind(
    name="phone",
    utility=Utility.PHONE,
    share=0.10,
    calls=(1.39, 2.08, 2.64, 3.43, 4.04, 4.60, 5.08, 5.23, 5.47),
    seconds=(2.92, 3.50, 3.65, 3.84, 4.11, 4.31, 4.53, 4.73, 5.14),
    idle=0.0565,
)

KINDS: Final[tuple[MeterKind | PhoneKind, ...]] = (ENTERPRISE, INSTITUTION, HOME, WATER, GAS, PHONE)

PRICES: Final[dict[Utility, dict[str, int]]] = {
    # minor units per 1,000 base units, by supplier: 60 a kWh and 300 a m3 as in the bills measured; the rest is chosen
    Utility.ELECTRICITY: {"grid": 60, "power": 55},
    Utility.WATER: {"waterworks": 300},
    Utility.GAS: {"gasworks": 30},
    Utility.PHONE: {"telecom": 150, "mobile": 170},
}

# Monthly bills with injected faults over the sets above: 8,077 bills, 612 with a fault.
FAULT_SHARE: Final = 612 / 8077
FAULT_COUNTS: Final = {
    "digit": 84,
    "transposition": 83,
    "estimate": 149,
    "multiplier": 133,
    "overlap": 121,
    "swap": 42,
}
LEAST_OVERBILLING: Final = 1.15
"""No fault bills less than this times the true quantity (least found: 1.1516)."""
MOST_OVERBILLING: Final = 27.0
"""Or more than this (most found: 26.95)."""
ESTIMATE_RANGE: Final = (1.2, 2.2)
"""Of the true quantity, evenly spread (found: 1.236 to 2.190)."""
MULTIPLIERS: Final = {2: 47, 5: 34, 10: 52}
OVERLAP_DAYS: Final = (5, 30)
"""Days of the month before that are charged again: their shares of a month give the ratios found, 1.15 to about 2."""

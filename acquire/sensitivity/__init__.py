"""What drives a decision, how safe it is, and what it is worth to know more.

`analyse` gives all of it for one evaluated vendor, `outlook` what is compared across vendors;
`region_maps` the maps of two inputs.
"""

from acquire.sensitivity.alternatives import ALTERNATIVES, Safety
from acquire.sensitivity.analysis import SUCCESS, Outlook, Sensitivity, analyse, outlook
from acquire.sensitivity.discounting import Discounting, discounting
from acquire.sensitivity.flips import Flip
from acquire.sensitivity.regions import RegionMap, price_map, region_maps
from acquire.sensitivity.sobol import Index, sobol_indices
from acquire.sensitivity.tornado import Bar, Tornado
from acquire.sensitivity.violation import AGAINST, BOTH, Harm

__all__ = [
    "AGAINST",
    "ALTERNATIVES",
    "BOTH",
    "SUCCESS",
    "Bar",
    "Discounting",
    "Flip",
    "Harm",
    "Index",
    "Outlook",
    "RegionMap",
    "Safety",
    "Sensitivity",
    "Tornado",
    "analyse",
    "discounting",
    "outlook",
    "price_map",
    "region_maps",
    "sobol_indices",
]

"""The words of the reviewers: who they are with, what they praise, how places are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from showcase_bench.datasets.mini.rng import Stream

__all__ = [
    "ADJECTIVES",
    "COMPANY",
    "CRAVINGS",
    "CUISINE_WORDS",
    "DAYS",
    "EMOJI",
    "MANNERS",
    "SERVERS",
    "STYLE_FEATURES",
    "STYLE_WORDS",
    "business_name",
]

ADJECTIVES = (
    "amazing",
    "awesome",
    "brilliant",
    "delicious",
    "excellent",
    "fantastic",
    "great",
    "incredible",
    "lovely",
    "memorable",
    "outstanding",
    "perfect",
    "phenomenal",
    "solid",
    "superb",
    "tasty",
    "terrific",
    "wonderful",
)

COMPANY = (
    ("My husband", "my husband"),
    ("My wife", "my wife"),
    ("The kids", "the kids"),
    ("My friends", "some friends"),
    ("My coworkers", "a few coworkers"),
    ("My parents", "my parents"),
    ("My sister", "my sister"),
    ("My roommate", "my roommate"),
    ("My boyfriend", "my boyfriend"),
    ("My girlfriend", "my girlfriend"),
)

SERVERS = (
    "Ana",
    "Ben",
    "Carla",
    "Diego",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jamal",
    "Kim",
    "Leo",
    "Maya",
    "Nina",
    "Omar",
    "Priya",
    "Rosa",
    "Sam",
    "Tomás",
    "Yuki",
)

DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)

CRAVINGS: Mapping[str, str] = MappingProxyType(
    {
        "bread": "anything baked",
        "cheese": "cheese",
        "drink": "a good drink",
        "fried": "crunchy fried things",
        "greens": "fresh vegetables",
        "meat": "meat",
        "noodles": "noodles",
        "rice": "rice dishes",
        "seafood": "seafood",
        "soup": "a proper broth",
        "spicy": "spicy food",
        "sweet": "sweets",
    }
)
"""What someone who loves a trait says they love."""

STYLE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rustic": ("rustic", "warm", "old fashioned"),
        "modern": ("modern", "clean and bright", "minimal"),
        "cozy": ("cozy", "homey", "snug"),
        "industrial": ("industrial", "loft style", "edgy"),
        "garden": ("leafy", "airy", "garden like"),
        "elegant": ("elegant", "romantic", "classy"),
    }
)

STYLE_FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rustic": ("exposed brick", "hanging lamps", "old tables", "{color} chairs"),
        "modern": ("big white walls", "hanging lamps", "simple lines", "{color} chairs"),
        "cozy": ("soft light", "hanging lamps", "little round tables", "{color} chairs"),
        "industrial": ("bare brick", "hanging lamps", "dark walls", "{color} chairs"),
        "garden": ("potted plants", "soft light", "green walls", "{color} chairs"),
        "elegant": ("paneled walls", "low lighting", "dark colors", "{color} chairs"),
    }
)

MANNERS = ("friendly", "quick", "attentive", "warm", "thoughtful")
"""What service is praised for."""

CUISINE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "italian": "Italian",
        "japanese": "Japanese",
        "mexican": "Mexican",
        "american": "American",
        "indian": "Indian",
        "chinese": "Chinese",
        "mediterranean": "Mediterranean",
        "cafe": "breakfast",
    }
)

EMOJI = ("😋", "👍", "❤️", "🔥", "😍")

_NAMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "italian": (("Nonna", "Luca", "Bella", "Porto", "Vesuvio"), ("Trattoria", "Osteria")),
        "japanese": (("Sakura", "Kaze", "Umi", "Hana", "Tanuki"), ("Sushi", "Izakaya")),
        "mexican": (("Lupita", "Sol", "Azteca", "Agave", "Milpa"), ("Cantina", "Taqueria")),
        "american": (("Maple", "Hank", "Route 9", "Liberty", "Copper"), ("Grill", "Diner")),
        "indian": (("Saffron", "Monsoon", "Tara", "Masala", "Lotus"), ("Kitchen", "Tandoor")),
        "chinese": (("Jade", "Golden Crane", "Panda", "Red Lantern"), ("Garden", "House")),
        "mediterranean": (("Olive", "Cedar", "Aegean", "Zaytoun"), ("Mezze", "Grill")),
        "cafe": (("Corner", "Bluebird", "Crumb", "Daylight"), ("Cafe", "Bakery")),
    }
)
_PLACES = ("Harbor", "Hill", "Market", "Park", "River", "Station", "Union", "Village")


def business_name(cuisine: str, stream: Stream) -> str:
    """A name that suits the cuisine, such as ``Saffron Kitchen``."""
    firsts, seconds = _NAMES[cuisine]
    first, second = stream.pick(firsts), stream.pick(seconds)
    if stream.chance(0.4):
        return f"{stream.pick(_PLACES)} {first} {second}"
    return f"{first} {second}"

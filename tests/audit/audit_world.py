"""A small world to spoil, made without files."""

from showcase_bench.audit.world import Row, World
from showcase_bench.types import Showcase

K = 2
WAITERS = ("Anna", "Bob", "Cleo")


def world_of(rows, scored, pools=None):
    """The rows are (user, business, history, text, photos); ``scored`` are numbers of rows."""
    rows = tuple(Row(*row) for row in rows)
    by_business = {}
    for row in rows:
        by_business.setdefault(row.business, []).extend(row.photos)
    chosen = tuple(rows[i] for i in scored)
    pools = pools or tuple(tuple(by_business[row.business]) for row in chosen)
    clean = tuple(
        Showcase(f"{row.user}_{row.business}_{i}", row.photos[:K], row.text)
        for i, row in enumerate(chosen)
    )
    training = tuple(row for i, row in enumerate(rows) if i not in set(scored))
    return World(clean, chosen, pools, rows, training)


def town(users=8, businesses=4):
    """Every user at every business with a text and three photos of their own; half is scored."""
    rows = []
    for user in range(users):
        for business in range(businesses):
            text = (
                f"User {user} came with {WAITERS[user % 3]} to house {business}. "
                f"We liked dish{user} and table{business}!\n"
                "Good food.  See you."
            )
            photos = tuple(f"p{user}-{business}-{i}" for i in range(3))
            history = tuple(f"dish{user} again, no {n}" for n in range(business))
            rows.append((f"u{user}", f"b{business}", history, text, photos))
    return world_of(rows, [i for i in range(len(rows)) if i % 2])

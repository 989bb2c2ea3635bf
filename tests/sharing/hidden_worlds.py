"""A small world in which every review is made of words of its own."""

import hashlib
import json

import numpy as np
from PIL import Image

SALT = "5a" * 32


def words(*key):
    """Fourteen words that no other key has."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()
    return " ".join(f"w{digest[at : at + 4]}" for at in range(0, 56, 4)) + "."


def review_text(user, visit):
    return f"Review {words('review', user, visit)} Ünïque 😀 {words('second', user, visit)}"


def make_rows(users=60, businesses=12):
    """Each user has a training, a validation and a test row, and a history full of answers."""
    rows = {"train": [], "val": [], "test": []}
    number = 0
    for user in range(users):
        for visit, split in enumerate(rows):
            place = (user + 5 * visit) % businesses
            pics = []
            for _ in range(1 + (user + visit) % 2):
                pics.append({"id": f"photo-{number:05d}", "url": [f"images/n{number:05d}.png"]})
                number += 1
            past = [[f"user{user}_place{place + 100}", words("past", user)]]
            # Every row's history names the user's other reviews, as GEST's does; one is disguised.
            for other in range(3):
                text = review_text(user, other)
                past.append([f"user{user}_place{(user + 5 * other) % businesses}", text])
                past.append([f"odd{user}-{other}", text.replace(" ", "  ")])
            rows[split].append(
                {
                    "user_id": f"user{user}",
                    "business_id": f"place{place}",
                    "rating": 1.0 + (user + visit) % 5,
                    "review_text": review_text(user, visit),
                    "pics": pics,
                    "history_reviews": past,
                }
            )
    return rows


def write_rows(folder, rows):
    (folder / "images").mkdir(parents=True)
    for row in (one for split in rows.values() for one in split):
        for pic in row["pics"]:
            shade = int(pic["id"][-5:])
            pixels = np.full((8, 8, 3), (shade % 251, shade % 13 * 19, 77), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / pic["url"][0])
    path = folder / "world.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def write_lines(path, answers):
    path.write_text("".join(f"{json.dumps(one)}\n" for one in answers), encoding="utf-8")
    return path

"""The dishes of the embedded world: how they are called, what they are like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CUISINES", "DISHES", "GUESTS", "SCENES", "TRAITS", "Dish"]

CUISINES = (
    "italian",
    "japanese",
    "mexican",
    "american",
    "indian",
    "chinese",
    "mediterranean",
    "cafe",
)

TRAITS = (
    "bread",
    "cheese",
    "drink",
    "fried",
    "greens",
    "meat",
    "noodles",
    "rice",
    "seafood",
    "soup",
    "spicy",
    "sweet",
)
"""What a dish is liked for; users love some traits and not others."""

SCENES = ("interior", "exterior", "menu")
"""What is photographed besides dishes."""


@dataclass(frozen=True, slots=True)
class Dish:
    """A dish, its names and the words that describe it."""

    slug: str
    cuisine: str
    names: tuple[str, ...]
    """What reviewers call it; all of one number."""
    plural: bool
    traits: tuple[str, ...]
    price: int
    """Dollars at a place of medium price."""
    good: tuple[str, ...]
    """What follows "it was" in praise."""
    parts: tuple[str, ...]
    """What follows "the" when a detail is praised."""
    bad: tuple[str, ...]
    """What follows "it was" in complaint."""


_ROWS = """
margherita | italian | margherita pizza, margherita | bread cheese | 13 | beautifully charred, light, simple and fresh | blistered crust, milky mozzarella, bright tomato sauce, fresh basil | soggy in the middle, burnt at the edges
pepperoni-pizza | italian | pepperoni pizza, pepperoni pie | bread cheese meat | 15 | crisp at the edges, nicely greasy, perfectly baked | crispy pepperoni, stretchy cheese, chewy crust, tangy sauce | swimming in oil, undercooked
carbonara | italian | carbonara, spaghetti carbonara | noodles cheese meat | 16 | silky, rich, creamy without being heavy | crispy guanciale, egg yolk, black pepper, glossy sauce | scrambled, far too salty
bolognese | italian | bolognese, spaghetti bolognese | noodles meat | 16 | hearty, slow cooked and deep, comforting | meaty ragu, al dente spaghetti, grated parmesan, thick red sauce | watery, lukewarm
lasagna | italian | lasagna, lasagne | noodles cheese meat | 17 | cheesy, layered just right, filling | bubbling cheese, béchamel, meat sauce, crisp corners | dry, cold in the middle
caprese | italian | caprese salad, caprese | greens cheese | 11 | fresh, bright, summery | ripe tomatoes, creamy mozzarella, balsamic drizzle, basil leaves | watery, made with pale tomatoes
tiramisu | italian | tiramisu | sweet | 8 | airy, boozy in a good way, not too sweet | mascarpone, cocoa on top, espresso flavor, soft layers | dry, frozen in the center
ramen | japanese | tonkotsu ramen, ramen | noodles soup meat | 15 | rich, deeply savory, soothing | cloudy broth, soft egg, springy noodles, tender chashu | too salty, served lukewarm
nigiri* | japanese | salmon nigiri | seafood rice | 14 | buttery, very fresh, delicate | warm rice, melting salmon, wasabi, generous slices of fish | fishy, falling apart
tuna-roll* | japanese | tuna rolls, tuna maki | seafood rice | 10 | clean tasting, fresh, neatly cut | ruby tuna, seasoned rice, crisp nori, pickled ginger | bland, mostly rice
gyoza* | japanese | gyoza, pan fried gyoza | fried meat | 8 | crisp on the bottom, juicy, addictive | thin wrappers, gingery filling, crunchy bottoms, dipping sauce | greasy, burnt
miso-soup | japanese | miso soup | soup seafood | 4 | warming, gentle, full of umami | silky tofu, seaweed, dashi flavor, spring onions | watery, cold
matcha-ice-cream | japanese | matcha ice cream, green tea ice cream | sweet | 6 | smooth, pleasantly bitter, refreshing | earthy matcha, creamy texture, deep green color, little wafer | icy, way too sweet
tacos* | mexican | pork tacos, tacos al pastor | meat spicy bread | 11 | juicy, messy in the best way, packed with flavor | corn tortillas, charred pork, fresh cilantro, squeeze of lime | dry, skimpy
burrito | mexican | burrito, beef burrito | meat rice bread | 12 | huge, well stuffed, satisfying | smoky beef, warm tortilla, black beans, salsa roja | mostly rice, soggy
guacamole | mexican | guacamole, chips and guac | greens fried | 9 | chunky, limey, clearly made to order | ripe avocado, warm tortilla chips, diced onion, touch of jalapeño | brown on top, under seasoned
churros* | mexican | churros | sweet fried | 7 | crunchy outside and soft inside, warm, dusted just right | cinnamon sugar, chocolate sauce, crisp ridges, fluffy middle | oily, stale
margarita | mexican | margarita, lime margarita | drink | 11 | strong, tart, well balanced | salted rim, fresh lime, good tequila, frosty glass | watered down, sickly sweet
burger | american | cheeseburger, burger | meat cheese bread | 14 | juicy, perfectly medium, stacked high | toasted bun, melted cheddar, crisp lettuce, smashed patty | overcooked, falling apart
fries* | american | fries, french fries | fried | 5 | golden, crisp, well salted | crunchy edges, fluffy insides, house ketchup, sea salt | limp, cold
wings* | american | buffalo wings, chicken wings | fried meat spicy | 12 | sticky, crispy, hot but not crazy | tangy buffalo sauce, crisp skin, blue cheese dip, tender meat | rubbery, drowned in sauce
steak | american | ribeye, ribeye steak | meat | 32 | tender, cooked exactly as asked, beautifully seared | smoky crust, melted butter, grilled asparagus, roasted potatoes | tough, well done instead of medium
milkshake | american | milkshake, strawberry milkshake | sweet drink | 7 | thick, nostalgic, big enough to share | whipped cream, real strawberries, cherry on top, tall frosty glass | thin, too sweet
butter-chicken | indian | butter chicken | meat spicy | 16 | velvety, mildly spiced, so comforting | creamy tomato gravy, tender chicken, swirl of cream, smoky notes | sugary, short on chicken
palak-paneer | indian | palak paneer, saag paneer | greens cheese spicy | 14 | earthy, creamy, well spiced | soft paneer, smooth spinach, garlic, hint of ginger | bland, watery
biryani | indian | chicken biryani, biryani | rice meat spicy | 15 | fragrant, fluffy, generously portioned | saffron rice, caramelized onions, whole spices, cooling raita | dry, oily
samosas* | indian | samosas, vegetable samosas | fried greens | 7 | flaky, piping hot, nicely spiced | crisp pastry, potato filling, mint chutney, tamarind sauce | greasy, cold inside
garlic-naan | indian | garlic naan, naan | bread | 4 | pillowy, buttery, straight from the tandoor | charred bubbles, chopped garlic, melted butter, chewy texture | rock hard, doughy
mango-lassi | indian | mango lassi | drink sweet | 5 | thick, cooling, naturally sweet | ripe mango, tangy yogurt, pinch of cardamom, tall glass | sour, full of ice
soup-dumplings* | chinese | soup dumplings, xiao long bao | soup meat | 11 | delicate, scalding in the best way, bursting with broth | thin skins, savory broth, neat little pleats, black vinegar | sticking to the basket, empty of soup
fried-rice | chinese | shrimp fried rice, fried rice | rice seafood | 12 | smoky, not greasy, well tossed | wok flavor, plump shrimp, bits of egg, crunchy peas | clumpy, oily
kung-pao | chinese | kung pao chicken | spicy meat | 14 | fiery, glossy, sweet and hot | roasted peanuts, dried chilies, tender chicken, crisp peppers | gloopy, not spicy at all
beef-noodles | chinese | beef noodle soup | noodles soup meat | 14 | soothing, deeply beefy, perfect on a cold day | hand pulled noodles, tender brisket, dark broth, bok choy | chewy, bland
spring-rolls* | chinese | spring rolls, egg rolls | fried greens | 6 | crackly, hot, light | shredded cabbage, thin wrappers, sweet chili sauce, crisp shell | soggy, greasy
mapo-tofu | chinese | mapo tofu | spicy | 13 | numbing, bold, addictive | silky tofu, chili oil, Sichuan peppercorns, savory sauce | flat, too oily
lamb-kebab | mediterranean | lamb kebab, lamb kebabs plate | meat rice | 18 | smoky, tender, beautifully grilled | charred edges, buttery rice, grilled peppers, warm spices | chewy, overcooked
falafel* | mediterranean | falafel, falafel balls | fried greens | 11 | crunchy, herby, bright green inside | crisp shell, tahini sauce, fresh parsley, fluffy center | dry, mealy
hummus | mediterranean | hummus | greens bread | 8 | silky, nutty, dangerously good | olive oil, warm pita, paprika, whole chickpeas | grainy, straight from the fridge
greek-salad | mediterranean | greek salad | greens cheese | 11 | crunchy, fresh, nicely dressed | briny olives, big cubes of feta, cool cucumber, red onion | limp, drowned in dressing
shawarma | mediterranean | chicken shawarma, shawarma wrap | meat bread | 12 | juicy, garlicky, well spiced | garlic sauce, shaved chicken, pickled turnip, toasted wrap | dry, stingy with the meat
baklava | mediterranean | baklava | sweet | 6 | flaky, sticky, sweet but balanced | chopped pistachios, honey, crisp layers, buttery pastry | soggy, stale
cappuccino | cafe | cappuccino, latte | drink | 5 | smooth, strong, never bitter | velvety foam, latte art, fresh roast, chocolate notes | burnt, lukewarm
croissant | cafe | croissant, butter croissant | bread sweet | 4 | flaky, buttery, still warm | shattering crust, airy layers, real butter, soft inside | stale, dense
avocado-toast | cafe | avocado toast | greens bread | 12 | fresh, well seasoned, prettier than it had to be | sourdough, runny egg, radish slices, chili flakes | overpriced, soggy
pancakes* | cafe | pancakes, stack of pancakes | sweet bread | 11 | fluffy, golden, enormous | maple syrup, melting butter, fresh berries, crisp edges | rubbery, dry
club-sandwich | cafe | club sandwich, turkey club | meat bread | 13 | stacked, fresh, big enough for two | toasted bread, crispy bacon, ripe tomato, thick turkey | dry, thrown together
chocolate-cake | cafe | chocolate cake, slice of chocolate cake | sweet | 8 | moist, decadent, very chocolatey | fudgy frosting, dark sponge, chocolate curls, rich filling | dry, stale
cheesecake | cafe | strawberry cheesecake, cheesecake | sweet cheese | 8 | creamy, light, just tangy enough | crumbly base, fresh strawberries, silky filling, vanilla | gummy, overly sweet
smoothie-bowl | cafe | berry smoothie bowl, smoothie bowl | sweet greens | 11 | refreshing, colorful, surprisingly filling | crunchy granola, sliced banana, blueberries, frozen berries | runny, mostly ice
"""

GUESTS = (
    "fries",
    "cappuccino",
    "cheesecake",
    "chocolate-cake",
    "greek-salad",
    "wings",
    "burger",
    "hummus",
    "spring-rolls",
    "margarita",
    "milkshake",
    "tacos",
    "fried-rice",
    "matcha-ice-cream",
    "caprese",
    "club-sandwich",
)
"""Dishes that are also served where their cuisine is not cooked."""


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(","))


def _parse(line: str) -> Dish:
    slug, cuisine, names, traits, price, good, parts, bad = (
        cell.strip() for cell in line.split("|")
    )
    return Dish(
        slug=slug.rstrip("*"),
        cuisine=cuisine,
        names=_words(names),
        plural=slug.endswith("*"),
        traits=tuple(traits.split()),
        price=int(price),
        good=_words(good),
        parts=_words(parts),
        bad=_words(bad),
    )


DISHES: Mapping[str, Dish] = MappingProxyType(
    {dish.slug: dish for dish in map(_parse, _ROWS.strip().splitlines())}
)
"""Every dish by its slug, in a fixed order."""

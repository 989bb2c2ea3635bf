"""The sentences of the reviewers.

They are format strings: fields in braces are filled by the writer; capitalised ones start a
sentence.
"""

from __future__ import annotations

__all__ = [
    "COMPLAINTS",
    "DISH_BAD",
    "DISH_GOOD",
    "DISH_SHOWN",
    "EXTERIOR",
    "GENERIC",
    "GENERIC_BAD",
    "MENU",
    "OPENERS",
    "OPENERS_ALONE",
    "PLACE",
    "PLACE_BAD",
    "PRICE_BAD",
    "PRICE_GOOD",
    "SERVICE_BAD",
    "SERVICE_GOOD",
    "SHORT",
    "SHORT_BAD",
]

DISH_GOOD = (
    "The {dish} {was} {adj} and {good}.",
    "I had the {dish} and {it} {was} {good}.",
    "The {part} really made the {dish} for me.",
    "You have to try the {dish}.",
    "The {dish} {was} {good}, especially the {part}.",
    "Everyone at the table wanted to taste the {dish}.",
    "{Subject} ordered the {dish} and would not share.",
    "Still thinking about the {dish}.",
    "If you love {craving}, get the {dish}.",
    "I am picky about {craving}, and the {dish} did not disappoint.",
    "Got the {dish} this time: {good}, {good2}, gone in minutes.",
    "Best {dish} I have had in a long time.",
    "Order the {dish} for the {part} alone.",
    "The highlight was the {dish}, {good} and {good2}.",
    "Their {dish} {is} {adj}.",
    "{Adj} {dish}, {good} and worth every penny.",
    "I came for the {dish} and left happy.",
    "Do not skip the {dish}, {it} {is} {good}.",
    "I would come back just for the {dish}.",
    "The {dish} {was} {good} and the {dish2} {was2} just as nice.",
    "Between the {part} and the {part2}, the {dish} {was} hard to beat.",
    "So glad I ordered the {dish}.",
    "Tried the {dish} on a whim and {it} turned out {good}.",
    "They know what they are doing with the {dish}, {good} every time.",
    "Whoever makes the {dish} deserves a raise.",
    "The {dish} came out {good}, and I loved the {part}.",
    "I always crave {craving}, so the {dish} {was} an easy pick.",
    "Big fan of the {part} and the {part2} here, so the {dish} {is} a must.",
    "For me it is all about the {dish}.",
    "The server talked me into the {dish}, and {it} {was} {adj}.",
)

DISH_SHOWN = (
    "I had to take a picture of the {dish}.",
    "The {dish} looked as good as {it} tasted.",
    "Just look at the {dish} in my picture.",
    "The {dish} in the photo {was} {adj}.",
    "Pictures do not do the {dish} justice.",
)

DISH_BAD = (
    "The {dish} {was} {bad}.",
    "Sadly the {dish} came out {bad}.",
    "I expected more from the {dish}, {it} {was} {bad}.",
    "We sent the {dish} back because {it} {was} {bad}.",
    "The {dish} {was} {bad} and the {dish2} {was2} not much better.",
    "I wanted to like the {dish}, but {it} {was} {bad}.",
    "{Subject} got the {dish} and left half of it.",
)

PLACE = (
    "Very {style} inside.",
    "Such {a_style} dining room, {feature} and all.",
    "The {feature} won me over before the food came.",
    "Whoever chose the {feature} has taste.",
    "It feels {style}, and I loved the {feature}.",
    "We lingered over coffee because the room is so pleasant.",
    "The space is bigger than it looks, {style} and well lit.",
    "I liked the {feature} more than I expected.",
    "The whole place looks {style}, right down to the {feature}.",
    "The room is {style}, with {feature} and {feature2}.",
    "Love the {feature} inside.",
    "Such {a_style} place, we could have stayed for hours.",
    "The decor is {style} and the music was not too loud.",
    "The {feature} and {feature2} make it feel special.",
    "We got a table under the lamps and enjoyed the {feature}.",
    "It is {style} inside and every table has some space around it.",
    "Great spot for a date, {style} and calm.",
    "The atmosphere is {style} without trying too hard.",
    "I could sit here all afternoon with a book, thanks to the {feature}.",
    "The interior is spotless and {style}.",
    "{Subject} took photos of the {feature} before sitting down.",
)

PLACE_BAD = (
    "The room was so loud that we could not talk.",
    "Our table was sticky and wobbly.",
    "It may look {style}, but it was freezing inside.",
    "The {feature} could use some care.",
    "We were squeezed into a corner next to the door.",
    "The bathroom needed cleaning.",
)

EXTERIOR = (
    "We walked past the {color} sign twice before we noticed it.",
    "The front looks modest, so do not be fooled.",
    "There is a {color} awning out front and parking around the corner.",
    "The window front drew us in.",
    "Pretty little building on a quiet street.",
    "Look for the {color} awning, it is easy to miss.",
    "The building is as pretty as the food.",
    "Cute storefront with {a_color} awning.",
    "You can spot the {color} sign from down the street.",
    "Street parking was easy and the front is charming.",
    "The outside does not tell you how {style} it is inside.",
)

SERVICE_GOOD = (
    "{Server} remembered what we ordered last time.",
    "The host found us a table even without a booking.",
    "Ask for {server}, you will not regret it.",
    "Nobody rushed us, even at closing time.",
    "{Server} took great care of us.",
    "Our server {server} was attentive and funny.",
    "Service was quick even though the place was packed.",
    "The staff made us feel like regulars.",
    "{Server} knew the menu by heart and gave good tips.",
    "Water glasses were never empty.",
    "The owner came by to ask how everything was.",
    "We were seated right away and the food took ten minutes.",
    "Big thanks to {server} for being so patient with {with_us}.",
    "They handled an allergy question with care.",
)

SERVICE_BAD = (
    "We waited {wait} minutes before anyone took our order.",
    "The staff seemed annoyed that we were there.",
    "Our order was mixed up twice.",
    "It took {wait} minutes to get the check.",
    "Nobody came back to ask if we needed anything.",
)

PRICE_GOOD = (
    "Dinner for two came to about ${double}, dessert included.",
    "${price} gets you the {dish}, and it is a generous serving.",
    "Prices are fair for this part of town.",
    "Happy hour makes it a steal.",
    "I paid ${price} for the {dish} and took half of it home.",
    "Cheap enough to come every week.",
    "${price} for the {dish} is more than fair.",
    "Portions are generous for the price.",
    "We were full for under ${total} a person.",
    "Lunch deals start at ${low}, hard to beat around here.",
    "Good value, and the leftovers made a second meal.",
    "Not the cheapest, but you get what you pay for.",
)

PRICE_BAD = (
    "${price} for the {dish} is too much.",
    "Small portions for the price.",
    "We paid ${total} a person and left hungry.",
    "Overpriced for what it is.",
)

MENU = (
    "Menu is in the photos, the {dish} and the {dish2} are the ones to get.",
    "I like that the menu fits on one page.",
    "The {dish} {is} listed at ${price}, which seems right.",
    "It took us ages to decide, the menu has so many good things.",
    "Take a look at the menu, there is something for everyone.",
    "The menu is short, but everything on it makes sense.",
    "Plenty to choose from on the menu, from the {dish} to the {dish2}.",
    "Posting the menu since it was not online, the {dish} {is} ${price}.",
    "I took a photo of the menu so you can see the prices.",
    "The menu has changed, but the {dish} {is} still there.",
    "Menu prices are clear, with nothing hidden.",
)

OPENERS = (
    "Came here with {with} on a {day} night.",
    "Finally tried {name} with {with}.",
    "Stopped by {name} with {with} after a long day.",
    "We found {name} by accident.",
    "Third visit with {with} and it keeps getting better.",
    "{Subject} picked {name} for a birthday dinner.",
    "{name} is our go-to for {cuisine} food.",
    "First time at {name}.",
    "We had been meaning to try {name} for months.",
)

OPENERS_ALONE = (
    "Came here on my own on a {day}.",
    "Finally tried {name}.",
    "Stopped by {name} on my lunch break.",
    "I found {name} by accident.",
    "I work around the corner and eat here often.",
    "{name} is my go-to for {cuisine} food.",
    "First time at {name}.",
)

GENERIC = (
    "Great food and friendly staff.",
    "Will definitely be back.",
    "Highly recommend.",
    "One of my favorite places in town.",
    "Everything was {adj}.",
    "{Adj} food, {adj2} service.",
    "Never had a bad experience here.",
    "Good vibes all around.",
    "Worth a visit.",
    "Such a nice find.",
    "We had a lovely time.",
    "Five stars from me.",
    "Can't wait to come back.",
    "A neighborhood gem.",
    "Always a pleasure to eat here.",
    "You will not regret it.",
    "Food was {adj}.",
    "Good for groups and families.",
    "Keep up the good work.",
    "Will be telling my friends about it.",
    "The food never lets us down.",
    "Consistently good.",
    "Definitely a place to go back to.",
    "It gets busy, so go early.",
    "Lovely experience from start to finish.",
    "I would go again in a heartbeat.",
)

GENERIC_BAD = (
    "Not worth the trip.",
    "Probably will not be back.",
    "It used to be better.",
    "There are better options nearby.",
    "Very average overall.",
    "Maybe we came on a bad day.",
    "I really wanted to like this place.",
    "Disappointed.",
)

COMPLAINTS = (
    "It was a bit loud, though.",
    "Parking is a challenge.",
    "The wait was longer than expected.",
    "A little pricey for what you get.",
    "Only downside was the tiny table.",
    "They were out of two things we wanted.",
)

SHORT = (
    "Great place!",
    "Great food!",
    "Love this place.",
    "Good food, nice people.",
    "Delicious!",
    "Amazing food and service.",
    "Excellent.",
    "Always good.",
    "Yummy",
    "The best!",
)

SHORT_BAD = ("Not good.", "Meh.", "Would not recommend.", "Disappointing.")

"""The pages in a real browser: what they do, what they do not run, and who can use them."""

import re
from urllib.parse import quote

import pytest

from showcase_bench.site import build_site
from showcase_bench.types import NoProgress
from tests.site.site_world import ATTACKS, run_world

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect
axe_module = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)
pytestmark = pytest.mark.browser

PAGES = ("index", "compare", "examples", "runs", "data", "methods")


@pytest.fixture
def visit(chromium, world_site):
    """Open a page of the site; at the end nothing was logged or fetched from elsewhere."""
    contexts, logged, asked, homes = [], [], [], []

    def opened(address, folder=world_site.folder, **options):
        homes.append(folder.as_uri())
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.on("console", lambda message: logged.append(message.text))
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{folder.as_uri()}/{address}")
        page.wait_for_selector("[aria-busy]", state="detached")
        return page

    opened.logged = logged
    yield opened
    attacked = [page.evaluate("window.attacked") for one in contexts for page in one.pages]
    for context in contexts:
        context.close()
    assert attacked == [None] * len(attacked)
    assert logged == []
    assert all(any(url.startswith(f"{home}/") for home in homes) for url in asked)


def example_link(world_site, at=0, systems=()):
    example = world_site.workspace.scored_split[at]
    labels = ",".join(quote(label, safe="") for label in systems)
    return f"examples.html#example={quote(example.query.id)}" + (
        f"&systems={labels}" if labels else ""
    )


def names(page, section="words"):
    rows = page.locator(f"section[aria-labelledby=section-{section}] tbody").first.locator("tr")
    return [text.split("\n")[0] for text in rows.locator("th a").all_inner_texts()]


def test_the_board_sorts_by_mouse_and_by_keyboard(visit):
    page = visit("index.html")
    table = page.locator("section[aria-labelledby=section-words]")
    header = table.locator("th:has(button)", has_text="length")
    if not header.count():
        page.locator(".chooser summary").click()
        page.locator(".chooser label", has_text="length").locator("input").check()
        page.locator(".chooser summary").click()
        header = table.locator("th:has(button)", has_text="length")
    assert header.get_attribute("aria-sort") is None
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    falling = names(page)
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    assert page.evaluate("document.activeElement.className") == "sort"
    figures = [
        float(text)
        for text in table.locator("tbody")
        .first.locator(f"td:nth-child({header.evaluate('e => e.cellIndex') + 1}) .figure")
        .all_inner_texts()
    ]
    assert figures == sorted(figures)
    assert sorted(falling) == sorted(names(page))
    assert "sort.words=length%20up" in page.url


def test_the_board_filters_and_its_link_can_be_shared(visit):
    page = visit("index.html")
    page.get_by_label("Filter systems").fill("random")
    assert names(page, "photos") == ["random"]
    assert "q=random" in page.url
    again = visit("index.html" + page.url.partition(".html")[2])
    assert names(again, "photos") == ["random"]
    again.get_by_label("Filter systems").fill("")
    assert len(names(again, "photos")) > 1
    again.get_by_label("Ceilings and leaks").uncheck()
    assert again.locator("tr.ceiling").count() == 0


def test_intervals_are_drawn_and_can_be_read_as_numbers(visit):
    page = visit("index.html")
    cell = page.locator("section[aria-labelledby=section-photos] td.value.primary").first
    assert cell.locator("svg line.whisker").count() == 1
    assert "95 % interval" in cell.inner_text()
    page.get_by_label("Intervals as numbers").check()
    assert re.search(r"±\d", cell.inner_text())


def test_chosen_systems_are_compared(visit):
    page = visit("index.html")
    for name in ("random", "popular"):
        page.get_by_label(f"Choose {name}", exact=True).first.check()
    page.get_by_role("link", name="Compare 2 chosen").click()
    page.wait_for_selector(".matrix")
    chosen = [text.replace("\n", "") for text in page.locator(".picker li").all_inner_texts()]
    assert chosen == ["random×", "popular×"]
    assert page.locator(".plot-box svg").count() == 2
    assert page.locator(".matrix tbody tr").count() == 2
    assert page.locator(".verdict").inner_text()
    page.get_by_label("Metric").select_option(label="precision@3")
    expect(page.locator("h2").first).to_contain_text("precision@3")
    assert "metric=precision%403" in page.url
    link = page.locator(".differ a").first
    if link.count():
        link.click()
        page.wait_for_selector(".cards .card")
        assert page.locator(".cards h3").all_inner_texts()[0].startswith("random")


def test_a_link_opens_an_example_with_its_photos(visit, world_site):
    page = visit(example_link(world_site, 0, ["random", "reference"]))
    assert page.locator(".card").count() == 2
    page.evaluate("Promise.all([...document.images].map((one) => one.decode().catch(() => 0)))")
    sizes = page.evaluate("[...document.images].map((one) => one.naturalWidth)")
    assert sizes
    assert min(sizes) > 0
    assert page.locator(".posted .photo.gold").count() >= 1
    assert page.locator("#scores").count() == 1
    page.locator("[data-step=next]").click()
    expect(page.locator(".pages span").first).to_contain_text("2 of")
    page.go_back()
    expect(page.locator(".pages span").first).to_contain_text("1 of")


def test_the_seed_of_an_example_can_be_chosen(visit, world_site, tmp_path):
    runs = run_world(world_site.workspace, tmp_path / "results", seeds=(0, 5))
    site = build_site(runs, world_site.workspace, tmp_path / "site", NoProgress(), all_seeds=True)
    made = {
        run.record.inputs.seed: run.predictions() for run in runs if run.record.label == "random"
    }
    at = next(i for i, (a, b) in enumerate(zip(made[0], made[5], strict=True)) if a != b)
    page = visit(example_link(world_site, at, ["random", "copy-history"]), folder=site.folder)
    photos = page.locator(".card").first.locator(".photo")
    first = photos.evaluate_all("all => all.map((one) => one.title)")
    page.get_by_label("Seed").select_option("5")
    expect(page).to_have_url(re.compile("seed=5"))
    expect(page.get_by_label("Seed")).to_be_focused()
    assert photos.evaluate_all("all => all.map((one) => one.title)") != first
    assert page.locator(".card").count() == 2
    again = visit(page.url.rpartition("/")[2], folder=site.folder)
    assert again.get_by_label("Seed").input_value() == "5"
    assert (
        again.locator(".card")
        .first.locator(".photo")
        .evaluate_all("all => all.map((one) => one.title)")
        != first
    )


def test_a_lost_photo_is_an_empty_frame_with_its_reason(visit, world_site):
    examples = list(world_site.workspace.scored_split.examples())
    at = next(i for i, one in enumerate(examples) if "AF1Qip000007" in one.query.pool)
    page = visit(example_link(world_site, at))
    frame = page.locator(".photo.lost").first
    assert "no picture" in frame.inner_text()
    assert frame.locator("bdi").inner_text()


def test_examples_are_searched_and_sliced(visit):
    page = visit("examples.html")
    number = page.locator(".found li").count()
    assert number == 6
    page.get_by_label("Search reviews").fill("visit 102")
    expect(page.locator(".found li")).to_have_count(1)
    assert "q=visit%20102" in page.url
    page.locator(".found a").first.click()
    page.wait_for_selector(".card")
    page.get_by_role("link", name="All examples").click()
    expect(page.locator(".found li")).to_have_count(1)
    page.get_by_label("Search reviews").fill("")
    expect(page.locator(".found li")).to_have_count(6)
    page.get_by_label("History").select_option("0")
    expect(page.locator(".count").first).to_contain_text("0 of")


def test_texts_and_names_are_text(visit, world_site):
    labels = [run.record.label for run in world_site.runs if run.record.inputs.model == "hostile"]
    for at in range(6):
        page = visit(example_link(world_site, at, labels))
        assert page.locator("main script, main iframe, main object").count() == 0
        assert page.locator("main img:not([src^='images/'])").count() == 0
        assert page.locator("main a[href*='javascript' i]:not([href*='.html'])").count() == 0
    shown = page.locator(".cards").inner_text()
    assert ATTACKS[5 % len(ATTACKS)][:9] in shown
    for address in ("index.html", "compare.html", "runs.html"):
        page = visit(address)
        assert page.locator("main script, main img").count() == 0
    page = visit("runs.html#system=" + quote(labels[0], safe=""))
    assert ATTACKS[1] in page.locator("h1").inner_text()
    page = visit("examples.html#example=%3Cimg%20src=x%20onerror=alert(1)%3E&systems=%,%zz")
    assert "<img src=x" in page.locator("main").inner_text()


def test_hidden_and_turning_characters_are_shown(visit, world_site):
    labels = [run.record.label for run in world_site.runs if run.record.inputs.model == "hostile"]
    page = visit(example_link(world_site, 4, labels[:1]))
    text = page.locator(".card").first.inner_text()
    assert "U+202E" in text
    assert "\u202e" not in page.content()
    assert page.locator(".card bdi").count() >= 1


def test_a_long_text_is_folded_and_unfolds(visit, world_site):
    labels = [run.record.label for run in world_site.runs if run.record.inputs.model == "hostile"]
    page = visit(example_link(world_site, 0, labels[:1]))
    text = page.locator(".card .folded p")
    assert len(text.inner_text()) < 1000
    button = page.get_by_role("button", name="Show all 10,000 words")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert len(text.inner_text()) > 50_000


def test_the_policy_forbids_what_pages_do_not_need(visit):
    page = visit("index.html")
    assert "blocked" in page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set'; }"
        " catch { return 'blocked'; } })()"
    )
    assert page.evaluate("typeof showcaseSite.load") == "function"
    with pytest.raises(playwright.Error, match="no chunk is called"):
        page.evaluate("showcaseSite.load('../../etc/passwd')")
    # The browser logs what it refused; that is the point here.
    assert any("TrustedHTML" in message for message in visit.logged)
    visit.logged.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", [*PAGES, "example", "run"])
def test_pages_are_accessible(visit, world_site, address, scheme):
    addresses = {"example": example_link(world_site), "run": "runs.html#system=random"}
    page = visit(
        addresses.get(address, f"{address}.html"),
        color_scheme=scheme,
        bypass_csp=True,
        reduced_motion="reduce",
    )
    # Without preload: axe would ask for style sheets by itself, which no page on disk may.
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe_module.Axe().run(page, options={"preload": False, "runOnly": rules})
    broken = {
        one["id"]: [node["html"][:160] for node in one["nodes"][:3]]
        for one in found.response["violations"]
    }
    assert broken == {}
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(landmark).count() >= 1
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("address", [*PAGES, "example", "run"])
def test_a_phone_does_not_scroll_sideways(visit, world_site, address):
    addresses = {"example": example_link(world_site), "run": "runs.html#system=random"}
    page = visit(addresses.get(address, f"{address}.html"), viewport={"width": 360, "height": 740})
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0


def test_colours_can_be_chosen_and_are_kept(visit):
    page = visit("index.html", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").click()
    assert page.locator("#theme").get_attribute("aria-label") == "Colours: light"
    page.locator("#theme").click()
    assert page.locator("#theme").get_attribute("aria-label") == "Colours: dark"
    assert page.evaluate(ground) != light
    page.reload()
    page.wait_for_selector("[aria-busy]", state="detached")
    assert page.evaluate(ground) != light


def test_the_content_is_one_key_away(visit):
    page = visit("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("table.board").count() >= 1

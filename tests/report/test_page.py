"""The page: what is on it, that texts of others stay texts, that it asks for nothing, and that it stays small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ecrops import Plan, RegistrySpec, RepositorySpec, SpecError
from ecrops.base.change import Kind, Note
from ecrops.lifecycle import Finding
from ecrops.report import Prices, Report, ReportedAccess, ReportedRepository, Unread
from ecrops.report.details import ALL_DETAILS, MOST, details
from ecrops.report.page import SECTIONS
from ecrops.report.values import together
from ecrops.text import printable
from tests.report import made

MEGABYTES = 1_000_000


class Page(HTMLParser):
    """What is on a page: its elements with their attributes, and the texts between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(made.report(3).html())


def test_the_top_says_where_when_and_by_which_version(page: Page) -> None:
    assert "ECR registry 123456789012, eu-west-1" in page.text
    assert f"Read on 2026-05-01 at 12:00 UTC by ecrops {made.report(1).version}" in page.text


def test_the_summary_counts_and_says_the_money_of_a_month(page: Page) -> None:
    assert "3 repositories" in page.text
    assert "4 4 to update" in page.text
    assert "3 findings about lifecycle policies" in page.text
    stored = sum(repo.outlook.stored.bytes for repo in made.report(3).repositories if repo.outlook)
    assert f"${stored / 1e9 * 0.10:,.2f} a month now: 120 images, 4.8 GB" in page.text


def test_each_section_is_there_and_linked(page: Page) -> None:
    anchors = {section.anchor for section in SECTIONS if section.anchor != "unread"}
    assert anchors <= {str(attributes.get("id")) for attributes in page.all("section")}
    assert {f"#{anchor}" for anchor in anchors} <= {str(link.get("href")) for link in page.all("a")}
    assert "What could not be read" not in page.text


def test_a_repository_says_its_settings_its_policy_its_findings_and_its_forecast() -> None:
    words = Page(made.report(1).html()).text
    assert "Tag mutability MUTABLE Scan on push no Encryption AES256 Tags team=team-0 , cost-center=0" in words
    assert "expire untagged after 7 days; keep last 20 prod*+release*; keep last 50" in words
    assert "all-of rule 2 (keep last 20 prod*+release*) selects only images that have tags for all of" in words
    assert re.search(r"expires \d+ of 30 images, [\d.]+ MB", words)
    assert re.search(r"Now 30 images, 1\.2 GB, \$0\.12 a month\. With 1\.\d+ pushes a day, in 90 days: ", words)
    assert "The images that go" not in words


def test_what_differs_leads_to_the_repository(page: Page) -> None:
    assert any(link.get("href") == "#r0" for link in page.all("a"))
    assert "r0" in [attributes.get("id") for attributes in page.all("tbody")]


def test_the_forecast_says_of_which_days_the_pushes_are(page: Page) -> None:
    assert re.search(r"[\d.]+ pushes a day, as in the last 30 days", page.text)


def test_exceptions_of_a_mode_of_tags_are_a_line_of_their_own() -> None:
    excluding = RepositorySpec(
        "team/api",
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=["dev*"],
    )
    html = replace(made.report(0), repositories=(ReportedRepository(excluding),)).html()
    assert '<td class="s d">immutable <br>with exceptions</td>' in html


def test_a_row_has_a_cell_for_each_head_and_says_numbers_for_sorting() -> None:
    page = Page(made.report(1).html())
    heads = [attributes for attributes in page.all("button") if "data-column" in attributes]
    row = made.report(1).html().split("<tbody id=r0")[1].split("</tr>")[0]
    assert row.count("<td") == len(heads) == 13
    assert '<td class="n s" data-v=30>30</td><td class="n s" data-v=1200000435>1.2 GB</td>' in row
    assert '<td class="n" data-v=0.12>$0.12</td>' in row


def test_the_page_says_how_fast_repositories_grow_and_which_grow_fastest(page: Page) -> None:
    assert "pushed in the last 30 days: 111 images, 4.4 GB." in page.text
    assert "Grows fastest Images of 30 days Size of these Size of all team-2/service-0002 41 1.6 GB 2.0 GB" in page.text
    assert "Pushed in 30 days 30 images, 1.2 GB" in page.text
    assert "Nobody uses" not in page.text


def test_the_page_says_what_runs_what_nobody_uses_and_what_of_it_would_go() -> None:
    repo = made.repository(1)
    assert repo.outlook
    counts = replace(repo.outlook.counts, in_use=2, in_use_bytes=200_000_000)
    used = replace(repo, outlook=replace(repo.outlook, counts=counts, running=3))
    html = replace(made.report(0), repositories=(used, replace(repo, outlook=None))).html()
    page = Page(html)
    rows = [html.split(f"<tbody id=r{number}")[1].split("</tr>")[0] for number in (0, 1)]
    heads = [attributes for attributes in page.all("button") if "data-column" in attributes]
    assert [row.count("<td") for row in rows] == [len(heads)] * 2 == [14, 14]
    assert "nobody uses 1.4 GB, as far as it was looked for." in page.text
    assert "3 images that lifecycle policies would remove now are in use" in page.text
    assert "Goes though in use 3 images" in page.text


def test_the_page_says_who_can_use_which_repositories() -> None:
    text = Page(made.report(2).html()).text
    assert "2 principals can do something with a repository, or may be able to" in text
    assert "Who Read Pull role nodes 0 none team-1/* role nodes 1 none team-1/*" in text
    assert "Deleted, and still named: a deleted role: team-1/*" in text
    assert "and 100 more" in Page(replace(made.report(0), access=made.access("user", "all", 300)).html()).text
    assert "Who can use which repositories" not in Page(made.report(2, access=None).html()).text
    assert "no policy allows anybody anything" in Page(made.report(2, access=ReportedAccess()).html()).text


def test_conflicts_come_first() -> None:
    changes = (made.change("bb/api"), made.change("aa/api", Kind.CONFLICT, "encryption"))
    html = replace(made.report(0), plan=Plan(changes)).html()
    assert html.index("aa/api") < html.index("bb/api")
    assert "1 to update, 1 conflict" in html


def test_without_specs_the_page_says_nothing_of_differences() -> None:
    page = Page(replace(made.report(2), plan=None).html())
    assert "What differs from the specs" not in page.text
    assert "Differs" not in page.text


def test_nothing_to_do_is_said() -> None:
    assert "nothing to do." in Page(replace(made.report(1), plan=Plan()).html()).text


def test_without_images_there_is_no_storage_and_no_money() -> None:
    report = made.report(2)
    bare = replace(report, repositories=tuple(replace(repo, outlook=None) for repo in report.repositories), days=0)
    words = Page(bare.html()).text
    assert "$" not in words
    assert "Storage and cost" not in words
    assert bare.to_dict().keys().isdisjoint({"stored", "forecast", "prices_per_gb_month"})


def test_an_empty_registry_is_a_page_too() -> None:
    empty = Report(made.ACCOUNT, made.REGION, made.NOW, settings=RegistrySpec())
    assert "There are no repositories." in Page(empty.html()).text
    assert str(empty).startswith("0 repositories in account 123456789012, region eu-west-1, 2026-05-01 12:00 UTC")


def test_a_repository_without_a_policy_says_that_nothing_goes_and_one_that_was_not_read_does_not() -> None:
    without = ReportedRepository(RepositorySpec("team/api", lifecycle_rules=[]))
    unread = ReportedRepository(RepositorySpec("team/api", unread={"lifecycle_rules": "AccessDenied"}))
    report = replace(made.report(0), repositories=(without,))
    assert "None: nothing is ever removed." in Page(report.html()).text
    assert "0 findings about lifecycle policies; 1 repository has no lifecycle policy" in Page(report.html()).text
    assert "lifecycle policies: no findings; 1 repository has no lifecycle policy" in str(report)
    both = replace(report, repositories=(without, replace(without, spec=RepositorySpec("team/web"))))
    assert "; 2 repositories have no lifecycle policy" in str(both)
    assert "no lifecycle policy" not in str(replace(report, repositories=(unread,)))
    words = Page(replace(report, repositories=(unread,)).html()).text
    assert "nothing is ever removed" not in words
    assert "policy not read" in words
    assert "lifecycle rules not read AccessDenied" in words


def test_what_could_not_be_read_is_said_at_the_top_and_first() -> None:
    html = replace(made.report(2), unread=(Unread("team/api", "tags", "AccessDenied"),)).html()
    words = Page(html).text
    assert "1 could not be read" in words
    assert "team/api tags AccessDenied" in words
    assert html.index("What could not be read</h2>") < html.index("Repositories</h2>")


def test_notes_are_folded() -> None:
    html = replace(made.report(0), plan=Plan((made.change("a/b"),), (Note("a/b: mind this"),))).html()
    assert "<summary>1 note</summary><ul><li>a/b: mind this</li></ul>" in html


# Texts of others


@pytest.mark.parametrize("hostile", made.HOSTILE)
def test_a_text_of_others_makes_no_element_no_attribute_and_no_script(hostile: str) -> None:
    harmless, page = Page(made.hostile("harmless").html()), Page(made.hostile(hostile).html())
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(attributes) for _, attributes in page.elements] == [
        sorted(attributes) for _, attributes in harmless.elements
    ]
    assert printable(hostile) in page.text


@pytest.mark.parametrize("hostile", made.HOSTILE)
def test_control_characters_and_turned_texts_are_shown_as_escapes(hostile: str) -> None:
    html = made.hostile(hostile).html()
    assert all(char.isprintable() or char == "\n" for char in html)


@pytest.mark.parametrize("hostile", made.HOSTILE)
def test_the_only_script_and_style_are_those_that_the_policy_names(hostile: str) -> None:
    html = made.hostile(hostile).html()
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', html)
    for tag in ("script", "style"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.S)
        checksum = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{checksum}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_no_element_asks_for_anything(page: Page) -> None:
    addresses = [
        value
        for _, attributes in page.elements
        for name in ("src", "href", "action")
        if (value := attributes.get(name))
    ]
    assert addresses
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|https?:", made.report(1).html().split("<body>")[0])


def test_the_json_of_a_report_can_be_sent() -> None:
    data = json.loads(json.dumps(made.hostile(made.HOSTILE[0]).to_dict()))
    assert data["repositories"][0]["spec"]["verbatim"]["tags"] == {made.HOSTILE[0]: made.HOSTILE[0]}
    assert data["plan"]["summary"] == "1 to create, 1 to update, 1 to delete, 1 conflict"


def test_the_short_texts_are_escaped_too() -> None:
    report = made.hostile("<i>\x1b[31m")
    assert "\x1b" not in str(report)
    assert "<i>" not in report._repr_html_()
    assert "\x1b" not in report._repr_html_()


# Size


def test_a_thousand_repositories_are_under_three_megabytes() -> None:
    html = made.report(1000).html()
    assert len(html.encode()) < 3 * MEGABYTES
    assert html.count("<tbody id=r") == 1000


def test_the_details_of_a_repository_are_bounded_whatever_is_in_it() -> None:
    tags = {f"key-{number}": "v" * 256 for number in range(50)}
    rules = [made.rule(number, number, tagStatus="tagged", tagPrefixList=["&" * 120]) for number in range(1, 51)]
    long = "'" * 5_000
    repo = ReportedRepository(
        RepositorySpec("team/api", tags=tags, unread=dict.fromkeys(["encryption", "resource_policy"], long)),
        changes=tuple(made.change("team/api", what=f"part {number}", before=long) for number in range(90)),
        rules=rules,
        findings=tuple(Finding("all-of", number, long) for number in range(90)),
    )
    few, many = replace(made.report(0), repositories=(repo,)), replace(made.report(0), repositories=(repo,) * 1000)
    assert len(details(few, repo)) < MOST + 1_000
    assert len(details(many, repo)) < ALL_DETAILS / 1000 + 1_000
    assert "not shown among so many repositories: " in details(many, repo)


def test_long_lists_are_counted() -> None:
    plan = Plan(tuple(made.change(f"team/{number:04}") for number in range(700)))
    assert "and 200 more" in Page(replace(made.report(0), plan=plan).html()).text


# Values


def test_prices_are_numbers_and_a_short_text() -> None:
    with pytest.raises(SpecError, match=r"storage: expected a price of at least 0, got -1"):
        Prices(-1)
    with pytest.raises(SpecError, match=r"archive: expected a price of at least 0, got '1'"):
        Prices(archive="1")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"currency: expected at most 8 characters"):
        Prices(currency="x" * 9)
    assert Prices(0.10, currency="€").text(1234.5) == "€1,234.50"


def test_the_storage_of_all_is_the_sum_of_each() -> None:
    forecasts = [repo.outlook.forecast for repo in made.report(4).repositories if repo.outlook]
    total = together(forecasts)
    assert total
    assert total.days[-1].stored.images == sum(forecast.days[-1].stored.images for forecast in forecasts)
    assert total.pushes_per_day == pytest.approx(sum(forecast.pushes_per_day for forecast in forecasts))
    assert together([]) is None


def test_a_page_is_written_to_a_file(tmp_path: Path) -> None:
    path = made.report(1).write(tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == made.report(1).html()

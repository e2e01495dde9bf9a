"""The page about many registries: what differs once, a row for each, that it stays small, and that texts stay texts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecrops import Plan, Registries, RegistryLocation, RepositorySpec
from ecrops.base.change import Call, Change, Kind
from ecrops.registries import Row, RowError
from ecrops.registries.results.plan import RegistriesPlan
from ecrops.registries.results.report import RegistriesReport
from ecrops.testing import AT_ONCE, Cloud
from ecrops.testing.isolation import as_default_session
from tests.report.test_page import Page

EVIL = "</td><script>alert(1)</script>"


def change(owner: str, region: str, kind: Kind = Kind.UPDATE) -> Change:
    call = Call("ecr", "TagResource", {}) if kind is not Kind.CONFLICT else None
    return Change(owner=owner, kind=kind, what="tags", after=f"where={region}", call=call, region=region)


def report(number: int, owners: int = 1, failed: int = 0) -> RegistriesReport:
    """The report about some registries, which all differ alike but for the first one, which has a conflict too."""
    places = [RegistryLocation(f"{1 + n // 20:012}", f"eu-west-{n % 20}", name=f"n{n}") for n in range(number)]
    rows = []
    for n, place in enumerate(places):
        if n >= number - failed:
            rows.append(Row(place, error=RowError("ClientError", EVIL, "AccessDenied", ("trust the role",))))
            continue
        region = place.region or ""
        changes = [change(f"team/{owner}", region) for owner in range(owners)]
        if not n:
            changes.append(change(EVIL, region, Kind.CONFLICT))
        rows.append(Row(place, Plan(changes=tuple(changes)), account=place.account or "", region=region, seconds=1.5))
    return RegistriesReport(RegistriesPlan.collect(rows, places, keep=False), datetime(2026, 5, 1, 12, tzinfo=UTC))


def test_what_differs_is_said_once_and_each_registry_has_a_row() -> None:
    page = Page(report(40, failed=2).html())
    assert "Read on 2026-05-01 at 12:00 UTC" in page.text
    assert page.text.count("team/0") == 1
    assert "in 38 registries, not in n38, n39" in page.text
    assert "where={region}" in page.text
    assert [cell for cell in page.texts if cell.startswith("could not be read")]
    assert "AccessDenied" in page.text
    assert "trust the role" in page.text
    rows = Counter(text.strip() for text in page.texts)
    assert all(rows[f"n{n}"] >= 1 for n in range(40))
    anchors = {link["href"] for link in page.all("a")}
    assert anchors == {"#unread", "#differences", "#registries"}
    assert {f"#{section['id']}" for section in page.all("section")} == anchors


def test_texts_of_others_stay_texts() -> None:
    html = report(3, failed=1).html()
    assert EVIL not in html
    assert len(Page(html).all("script")) == 1
    assert EVIL in Page(html).text


def test_a_page_about_many_registries_stays_small() -> None:
    assert len(report(2_500, failed=200).html()) < 1_500_000
    assert "and 500 more" in Page(report(2_500).html()).text
    assert len(report(2, owners=5_000).html()) < 200_000
    assert len(str(report(2, owners=5_000)).splitlines()) < 200


def test_without_a_difference_the_page_says_so() -> None:
    page = Page(report(1, owners=0, failed=1).html())
    assert "nothing to do" in page.text
    assert "1 registry" in page.text


def test_a_report_reads_and_can_be_written(memory_cloud: Cloud, tmp_path: Path) -> None:
    with as_default_session(memory_cloud):
        places = [RegistryLocation(region=region) for region in ("eu-west-1", "eu-central-1")]
        registries = Registries([*places, RegistryLocation("444455556666", "eu-west-1")], retry=AT_ONCE)
        made = registries.report(RepositorySpec("team/api"))
        assert not [call for call in memory_cloud.calls if call.is_write]
        assert "in 2 registries, not in 444455556666/eu-west-1" in str(made)
        assert str(made) in made._repr_html_() or "team/api" in made._repr_html_()
        path = made.write(tmp_path / "report.html")
    assert "team/api" in Page(path.read_text()).text
    assert json.loads(json.dumps(made.to_dict()))["summary"] == made.drift.summary
    assert len(made.drift.failed) == 1


@pytest.mark.parametrize("number", [0])
def test_a_report_about_no_registry_is_a_page(number: int) -> None:
    assert "0 ECR registries" in Page(report(number).html()).text

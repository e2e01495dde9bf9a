"""Listings end, whatever their tokens are."""

from __future__ import annotations

from typing import Any

from ecrops.aws import Pages


def pages(*answers: dict[str, Any]) -> tuple[list[Any], list[dict[str, str]]]:
    asked: list[dict[str, str]] = []

    def ask(token: dict[str, str]) -> dict[str, Any]:
        asked.append(token)
        return answers[min(len(asked), len(answers)) - 1]

    listing = Pages(ask, "items")
    return [next(listing) for _ in range(20) if listing.more], asked


def test_each_page_is_asked_for_with_the_token_of_the_one_before() -> None:
    found, asked = pages({"items": [1], "nextToken": "a"}, {"items": [2], "NextToken": "b"}, {"items": [3]})
    assert (found, asked) == ([[1], [2], [3]], [{}, {"nextToken": "a"}, {"NextToken": "b"}])


def test_a_listing_that_repeats_its_token_ends() -> None:
    found, asked = pages({"items": [1], "Marker": "a"})
    assert (found, asked) == ([[1], [1]], [{}, {"Marker": "a"}])

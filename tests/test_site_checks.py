"""What checks the documentation sees what is wrong: in blocks that are run, and in a site that was built."""

from __future__ import annotations

from pathlib import Path

import pytest

import check_site
import reference_pages
from blocks import blocks_of, commands_of

PAGE = """# Title

```json title="fleet.json"
{}
```

```console
$ ecrops plan fleet.json
+ team/api repository
$ docker pull x    # not run: needs Docker
$ scripts/demo    # the main job
```

```python
print(1)
```

```typescript
new ecr.Repository()
```
"""


def test_the_blocks_of_a_page() -> None:
    file, console, python = blocks_of("page.md", PAGE)
    assert (file.language, file.title, file.text) == ("file", "fleet.json", "{}\n")
    plan, docker, demo = commands_of(console)
    assert (plan.text, plan.shown, plan.not_run) == ("ecrops plan fleet.json", ("+ team/api repository",), "")
    assert (docker.not_run, demo.not_run) == ("needs Docker", "for a checkout")
    assert (python.place, python.text) == ("page.md:14", "print(1)\n")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<h1 id="a">A</h1> <a href="#a">a</a> <a href="https://docs.getmoto.org/">b</a>', []),
        ('<a href="#b">b</a>', ["index.html links to #b, which has no such anchor"]),
        ('<a href="other.html">b</a>', ["index.html links to other.html, which does not exist"]),
        ('<img src="https://example.com/a.png">', ["index.html loads https://example.com/a.png"]),
        ('<script src="//example.com/a.js"></script>', ["index.html loads //example.com/a.js"]),
    ],
)
def test_a_site_with_a_mistake(body: str, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_pages, "pages", list)
    (tmp_path / "index.html").write_text(body)
    assert check_site.problems(tmp_path) == told


def test_a_site_without_a_public_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = reference_pages.Page("errors.md", "Errors", ("ecrops.SpecError", "ecrops.ApplyError"))
    monkeypatch.setattr(reference_pages, "pages", lambda: [page])
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "errors.html").write_text('<h2 id="ecrops.SpecError">SpecError</h2>')
    assert check_site.problems(tmp_path) == ["reference/errors.md lacks ecrops.ApplyError"]

"""Chromium without a window, driven through ChromeDriver by the WebDriver protocol: JSON over HTTP, on loopback.

Nothing has to be installed besides Debian's ``chromium`` and ``chromium-driver``. It knows no page.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " "}


class Size(NamedTuple):
    """The size of a window, and whether it is one of a phone."""

    width: int
    height: int
    mobile: bool = False


DESKTOP, PHONE = Size(1280, 900), Size(390, 844, True)


class Browser:
    """One browser with one page.

    Args:
        address: The address of ChromeDriver.
        profile: An empty folder for the profile.
    """

    def __init__(self, address: str, profile: Path) -> None:
        self._address = address
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        logging = {"browser": "ALL", "performance": "ALL"}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logging}
        self._session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def open(self, page: Path, fragment: str = "", *, size: Size = DESKTOP, dark: bool = False) -> float:
        """Open a file, and return how many seconds it took.

        Args:
            page: The file.
            fragment: What follows its address, such as ``#plan``.
            size: The size of the window.
            dark: Whether the system asks for dark colours.
        """
        self.cdp("Emulation.setDeviceMetricsOverride", **size._asdict(), deviceScaleFactor=1)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.cdp("Emulation.setEmulatedMedia", features=features)
        self._post("/url", url="about:blank")
        for kind in ("browser", "performance"):
            self.logs(kind)
        start = time.monotonic()
        self._post("/url", url=f"{page.resolve().as_uri()}{fragment}")
        return time.monotonic() - start

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function body in the page, and return what it returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click on an element, as a mouse does: it has to be visible."""
        self._post(f"{self._element(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Type a text into a field, in place of what is in it."""
        field = self._element(selector)
        self._post(f"{field}/clear")
        self._post(f"{field}/value", text=text)

    def press(self, *names: str) -> None:
        """Press keys, one after another: ``Tab``, ``Enter``, ``Space``."""
        keys = [{"type": kind, "value": KEYS[name]} for name in names for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page, to a PNG file."""
        answer = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self, path: Path) -> int:
        """Print the page to a PDF file, and return how many pages it has."""
        content = base64.b64decode(self._post("/print", page={"width": 29.7, "height": 21.0}))
        path.write_bytes(content)
        return len(re.findall(rb"/Type\s*/Page\b", content))

    def requests(self) -> dict[str, str]:
        """Return the addresses that the page asked for since it was opened, and why the browser sent nothing there."""
        asked, why = {}, {}
        for line in self.logs("performance"):
            event = json.loads(line["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                asked[event["params"]["requestId"]] = event["params"]["request"]["url"]
            elif event["method"] == "Network.loadingFailed":
                why[event["params"]["requestId"]] = event["params"].get("blockedReason", "")
        return {address: why.get(key, "") for key, address in asked.items() if address != "about:blank"}

    def complaints(self) -> list[str]:
        """Return what the browser wrote to its console since the page was opened."""
        return [line["message"] for line in self.logs("browser")]

    def logs(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of a log of the browser, and empty it."""
        lines: list[dict[str, Any]] = self._post("/se/log", type=kind)
        return lines

    def cdp(self, command: str, **params: object) -> Any:
        """Send a command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", cmd=command, params=params)

    def quit(self) -> None:
        """Close the browser."""
        self._send("DELETE", f"/session/{self._session}")

    def _element(self, selector: str) -> str:
        """Return the path of the first element that a selector names."""
        [reference] = self._post("/element", using="css selector", value=selector).values()
        return f"/element/{reference}"

    def _post(self, path: str, **body: object) -> Any:
        return self._send("POST", f"/session/{self._session}{path}", body)

    def _send(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._address}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser with an empty profile; it and its driver end with the block."""
    assert DRIVER
    log = (folder / "chromedriver.log").open("w+")
    driver = subprocess.Popen([DRIVER, "--port=0"], stdout=log, stderr=subprocess.STDOUT)
    try:
        browser = Browser(f"http://127.0.0.1:{_port(folder / 'chromedriver.log')}", folder / "profile")
        try:
            yield browser
        finally:
            browser.quit()
    finally:
        driver.terminate()
        driver.wait()
        log.close()


def _port(log: Path) -> int:
    """Return the port that ChromeDriver says it listens on."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if match := re.search(r"on port (\d+)", log.read_text().replace("on port 0", "")):
            return int(match[1])
        time.sleep(0.05)
    raise TimeoutError(f"ChromeDriver did not start: {log.read_text()}")

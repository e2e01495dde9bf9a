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
from typing import Any
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

    def open(self, page: Path, fragment: str = "", *, width: int = 1280, height: int = 900, dark: bool = False) -> float:
        """Open a file in a window of a size, with the colours that the system asks for; return how many seconds it took."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.logs("browser"), self.logs("performance")
        start = time.monotonic()
        self._post("/url", url="about:blank")
        self._post("/url", url=f"{page.resolve().as_uri()}{fragment}")
        return time.monotonic() - start

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function body in the page, and return what it returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click on an element, as a mouse does: it has to be visible."""
        found = self._post("/element", using="css selector", value=selector)
        self._post(f"/element/{next(iter(found.values()))}/click")

    def type(self, selector: str, text: str) -> None:
        """Type a text into a field, in place of what is in it."""
        found = self._post("/element", using="css selector", value=selector)
        self._post(f"/element/{next(iter(found.values()))}/clear")
        self._post(f"/element/{next(iter(found.values()))}/value", text=text)

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

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for since it was opened."""
        events = [json.loads(line["message"])["message"] for line in self.logs("performance")]
        sent = (event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent")
        return [address for address in sent if address != "about:blank"]

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
        if found := re.search(r"on port (\d+)", log.read_text().replace("on port 0", "")):
            return int(found[1])
        time.sleep(0.05)
    raise TimeoutError(f"ChromeDriver did not start: {log.read_text()}")

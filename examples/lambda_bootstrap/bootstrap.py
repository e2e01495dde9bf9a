"""The function: it makes the fleet in the file beside it true."""

from __future__ import annotations

from pathlib import Path

from ecrops.aws_lambda import handler

lambda_handler = handler(Path(__file__).with_name("fleet.yaml"))

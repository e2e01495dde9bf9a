"""Questions to the service models that botocore ships. Pure."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from botocore import __version__
from botocore.model import ServiceModel

BOTOCORE = __version__
"""The version of the installed botocore."""


@cache
def operations_of(service: str) -> frozenset[str]:
    """Return the names of the operations of a service."""
    return frozenset(_model(service).operation_names)


@cache
def takes(service: str, operation: str, member: str) -> bool:
    """Whether the installed botocore sends a member of an operation's input: older ones refuse newer members."""
    shape = _model(service).operation_model(operation).input_shape
    return shape is not None and member in shape.members


@cache
def has_member(service: str, shape: str, member: str) -> bool:
    """Whether the installed botocore knows a member of a structure, such as ``deleteReplication``."""
    return member in getattr(_model(service).shape_for(shape), "members", {})


def misfit(service: str, shape: str, value: Any) -> str:
    """Return why a value does not fit a shape of a service, in botocore's words; empty if it fits."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(value, _model(service).shape_for(shape))
    return report.generate_report().replace("\n", "; ") if report.has_errors() else ""


@cache
def _model(service: str) -> ServiceModel:
    from botocore.loaders import create_loader

    loader = create_loader(os.environ.get("AWS_DATA_PATH"))  # as the clients of sessions do
    return ServiceModel(loader.load_service_model(service, "service-2"), service)

"""A blob that is sent without copies of it: the document is the one that botocore would send."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops.aws.attempt.blobs import Blob, Document
from ecrops.testing import Cloud
from support import examples, registry_of

NAME = {"repositoryName": "app"}


@settings(max_examples=examples(60), deadline=None)
@given(
    content=st.binary(max_size=40),
    more=st.binary(max_size=5),
    rest=st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=5), max_size=3),
    sizes=st.lists(st.integers(1, 30), max_size=20),
)
def test_a_document_is_what_json_and_base64_make_of_it(
    content: bytes, more: bytes, rest: dict[str, Any], sizes: list[int]
) -> None:
    rest.pop("blob", None)
    document = Document(rest, "blob", Blob(content + more, len(content)))
    expected = json.dumps({**rest, "blob": base64.b64encode(content).decode()}).encode()
    assert len(document) == len(expected)
    for _ in range(2):  # a call that is repeated reads it again
        document.seek(0)
        pieces = [document.read(size) for size in sizes]
        while piece := document.read():
            pieces.append(piece)
        assert b"".join(pieces) == expected
    assert document.tell() == len(expected)


@pytest.mark.parametrize("size", [1, 2, 3, 100_000])
def test_ecr_gets_the_bytes_of_a_blob(cloud: Cloud, size: int) -> None:
    aws = registry_of(cloud).aws
    cloud.client("ecr").create_repository(**NAME)
    content = bytes(index % 251 for index in range(size))
    upload = {**NAME, "uploadId": aws.get("ecr", "InitiateLayerUpload", "uploadId", **NAME)}
    blob = Blob(bytearray(content) + b"not these", size)
    aws.call("ecr", "UploadLayerPart", {**upload, "partFirstByte": 0, "partLastByte": size - 1, "layerPartBlob": blob})
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    aws.call("ecr", "CompleteLayerUpload", {**upload, "layerDigests": [digest]})
    [layer] = aws.get("ecr", "BatchCheckLayerAvailability", "layers", **NAME, layerDigests=[digest])
    assert (layer["layerAvailability"], layer["layerSize"]) == ("AVAILABLE", size)

"""A program that knows nothing of the AWS that it runs on."""

from ecrops import Registry, RepositorySpec

registry = Registry()
spec = RepositorySpec("team/api", image_scan_on_push=True, tags={"team": "web"})
assert registry.ensure(spec)
assert not registry.ensure(spec)
assert "team/api" in registry.repository("team/api").uri

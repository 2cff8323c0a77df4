"""What is in an image, as CycloneDX: Debian's packages from dpkg, Python's from their metadata.

Read inside the built image, not from what was asked for: what is listed is what is there.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tests.cluster.images.builder import EPOCH, Builder
from tests.cluster.images.recipes import Recipe

DEBIAN = ("dpkg-query", "--show", "--showformat", "${Package}\\t${Version}\\t${Architecture}\\n")
PYTHON = (
    "import importlib.metadata as m, json;"
    "print(json.dumps(sorted({(d.name, d.version) for d in m.distributions()})))"
)


def inventory(builder: Builder, recipe: Recipe, name: str, digest: str, suite: str) -> str:
    """List a built image as CycloneDX 1.6 in JSON; the same image, the same text.

    Errors: Unavailable when the image does not answer.
    """
    found = list(_debian(builder, recipe, name, suite)) + list(_python(builder, recipe, name))
    found += _modules(recipe.folder / "go.sum")
    image = Component(
        name=recipe.name,
        version=digest,
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{recipe.name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest.removeprefix("sha256:"))],
        properties=[Property(name="tre:base", value=suite)],
    )
    listed = Bom(components=found)
    listed.metadata = BomMetaData(component=image, timestamp=datetime.fromtimestamp(EPOCH, UTC))
    listed.metadata.supplier = OrganizationalEntity(name="TRE orchestrator")
    listed.register_dependency(image, found)
    text = json.loads(JsonV1Dot6(listed).output_as_string())
    text.pop("serialNumber")  # drawn anew each time; the digest names this list
    return json.dumps(text, indent=1, sort_keys=True) + "\n"


def _debian(builder: Builder, recipe: Recipe, name: str, suite: str) -> Iterator[Component]:
    if not recipe.lists_debian:
        return
    for line in builder.run(name, DEBIAN, {}).splitlines():
        package, version, architecture = line.split("\t")
        qualifiers = {"arch": architecture, "distro": suite.lower().replace(" ", "-")}
        yield _component(PackageURL("deb", "debian", package, version, qualifiers))


def _python(builder: Builder, recipe: Recipe, name: str) -> Iterator[Component]:
    if not recipe.place:
        return
    said = builder.run(name, (f"{recipe.place}/bin/python", "-I", "-c", PYTHON), {})
    for package, version in json.loads(said):
        yield _component(PackageURL("pypi", None, package.lower().replace("_", "-"), version))


def _modules(sums: Path) -> list[Component]:
    """Go modules that the program was built from; a program that stands alone shows no others."""
    if not sums.exists():
        return []
    named = (line.split()[:2] for line in sums.read_text().splitlines())
    chosen = sorted({(name, version) for name, version in named if "/go.mod" not in version})
    return [
        _component(PackageURL("golang", name.rpartition("/")[0], name.rpartition("/")[2], version))
        for name, version in chosen
    ]


def _component(url: PackageURL) -> Component:
    group = url.namespace if url.type == "golang" else None
    return Component(
        name=url.name,
        version=url.version,
        group=group,
        purl=url,
        bom_ref=url.to_string(),
        type=ComponentType.LIBRARY,
    )

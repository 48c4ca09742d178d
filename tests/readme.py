"""What the pages take from the code: `python -m tests.readme` writes it, a test compares it."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml

from infra.local.kube import Tree
from shared.adapters.variables import VARIABLES
from tests.domain import diagram

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
_CRD = ROOT / "infra" / "crds" / "canary.yaml"
_REFUSED = "Not supported."


def settings() -> str:
    """A row for each variable that a function reads."""
    rows = (
        f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else ''} "
        f"| {variable.meaning} |"
        for variable in VARIABLES
    )
    return "\n".join(("| variable | default | meaning |", "|---|---|---|", *rows))


def fields() -> str:
    """A row for each part of a Canary, with the fields that are carried out."""
    versions = yaml.safe_load(_CRD.read_text())["spec"]["versions"]
    spec = versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    rows = (f"| {place} | {names} |" for place, names in _supported(spec))
    return "\n".join(("| | fields |", "|---|---|", *rows))


PARTS: Mapping[str, Callable[[], str]] = {
    "fields": fields,
    "diagram": diagram.diagram,
    "in common": diagram.in_common,
    "settings": settings,
}


def written(text: str) -> str:
    """A page with those of these parts that it has, as the code has them now."""
    for name, part in PARTS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if start in text:
            before, rest = text.split(start)
            _, after = rest.split(end)
            text = f"{before}{start}{part()}\n{end}{after}"
    return text


def commands(heading: str) -> str:
    """The commands below a heading, as somebody would copy them."""
    _, _, below = README.read_text().partition(f"\n## {heading}\n")
    section = re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


def _supported(spec: Tree) -> Iterator[tuple[str, str]]:
    analysis = spec["properties"]["analysis"]
    for place, schema in (
        ("`spec`", spec),
        ("`service`", spec["properties"]["service"]),
        ("`analysis`", analysis),
        ("`analysis.metrics[]`", analysis["properties"]["metrics"]["items"]),
    ):
        names = (
            f"`{name}`"
            for name, field in schema["properties"].items()
            if not field["description"].startswith(_REFUSED)
        )
        yield place, ", ".join(names)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page.read_text()))

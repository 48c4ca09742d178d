"""Image references: their parts, and the package URL that CDEvents wants for them."""

import re
from dataclasses import dataclass
from urllib.parse import quote

# github.com/distribution/reference: a path, perhaps behind a registry, then tag, then digest.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?",
    re.ASCII,
)
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Image:
    """A reference taken apart; tag and digest are empty where it names none."""

    repository: str
    tag: str
    digest: str


def is_reference(image: str) -> bool:
    """Whether a registry could have an image of this name."""
    return len(image) <= _LONGEST and bool(_REFERENCE.fullmatch(image))


def parts(image: str) -> Image:
    """Takes any reference apart. Only after the last slash a colon begins a tag: else a port."""
    name, _, digest = image.partition("@")
    folder, slash, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return Image(repository=f"{folder}{slash}{base}", tag=tag, digest=digest)


def purl(image: str) -> str:
    """The package URL of an image (github.com/package-url/purl-spec, type oci)."""
    found = parts(image)
    name = quote(found.repository.rpartition("/")[2].lower(), safe="")
    version = f"@{quote(found.digest, safe='')}" if found.digest else ""
    tag = f"&tag={quote(found.tag, safe='')}" if found.tag else ""
    return f"pkg:oci/{name}{version}?repository_url={quote(found.repository, safe='/')}{tag}"

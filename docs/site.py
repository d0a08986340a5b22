"""The docs site, a hook of MkDocs: pages lie where they lie in the repository, so links work on GitHub and on the site.

What differs on the site: a link to a module or room of ours leads to its API reference, a line that is only a link to a
Python file of the tests shows that file, and a link to anything else that the site does not hold becomes its text. A
link to something that does not exist is left for MkDocs to refuse.
"""

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = ("README.md", "docs/**/*.md", "results/**/*.md", "benchmarks/reports/*.md")
ASSETS: Final = (
    "docs/site.css",
    "docs/**/*.png",
    "docs/**/*.svg",
    "results/**/*.png",
    "results/**/*.gif",
    "results/**/*.json",
)
ROOMS: Final = ("core", "envs", "datamodules", "labelling", "zoo", "callbacks")
LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
LISTING: Final = re.compile(r"^\[`(tests/\S+\.py)`\]\(\S+\)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds to the navigation what grows: dated notes, reports of speed, and the API reference, a page a package."""
    assert config.nav is not None
    records = []
    for title, folder in (("Notebook", "docs/notebook"), ("Measured speed", "benchmarks/reports")):
        found = sorted((ROOT / folder).glob("*.md"))
        records.append({title: [{path.stem: path.relative_to(ROOT).as_posix()} for path in found]})
    config.nav.append({"Records": records})
    config.nav.append({"API reference": [{name: f"reference/{name}.md"} for name in _packages()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Takes the files of the whole repository that the site holds, and makes the pages of the reference."""
    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for pattern in PAGES + ASSETS:
        for path in sorted(ROOT.glob(pattern)):
            files.append(File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path)))
    for name, modules in _packages().items():
        first, *others = modules
        content = "\n\n".join([f"::: {first}\n    options: {{heading_level: 1}}", *(f"::: {each}" for each in others)])
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Shows the files and leads the links as the module says."""
    here = posixpath.dirname(page.file.src_uri)

    def lead(match: re.Match[str]) -> str:
        text, target = match[1], match[2]
        path = posixpath.normpath(posixpath.join(here, target))
        if ":" in target or files.get_file_from_path(path) or not (ROOT / path).exists():
            return match[0]
        reference = _reference(path)
        return f"[{text}]({posixpath.relpath(reference, here or '.')})" if reference else text

    def show(match: re.Match[str]) -> str:
        path = ROOT / match[1]
        return f'```python title="{match[1]}"\n{path.read_text()}```' if path.is_file() else match[0]

    return LINK.sub(lead, LISTING.sub(show, markdown))


def _packages() -> dict[str, list[str]]:
    """Finds the modules of each package, the package itself first."""
    packages: dict[str, list[str]] = {}
    for room in ("padzoo", *ROOMS):
        paths = (ROOT / room).glob("**/*.py")
        for path in sorted(paths, key=lambda path: (path.parent, path.stem != "__init__", path)):
            packages.setdefault(_name(path.parent), []).append(_name(path))
    return packages


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if parts[0] == "padzoo" else ("padzoo", *parts)).removesuffix(".__init__")


def _reference(path: str) -> str | None:
    """Returns the page and anchor of a room or one of its modules; None for any other path."""
    if path.split("/")[0] not in ROOMS or not (path.endswith(".py") or (ROOT / path / "__init__.py").is_file()):
        return None
    module = _name(ROOT / path)
    package = module if (ROOT / path).is_dir() else module.rpartition(".")[0]
    return f"reference/{package}.md#{module}"

"""The site: what is in docs/, with decisions, changelog and benchmarks beside it; `make docs` builds it.

The pages are those that a code host shows; here they are only put in order. The source folder is the repository's root,
so that links between pages are links here too; a link to another file becomes a download, one to a folder its name.
"""

import inspect
import re
from pathlib import Path
from typing import Any

import typer.main
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from typer.testing import CliRunner

from posse import __version__
from posse.cli import app as command_line

project, author, copyright, release = "posse", "the posse developers", "the posse developers", __version__
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "examples/*.ipynb", "decisions/*.md", "benchmarks/*.md"]
exclude_patterns = [".*", "build", "demo", "shared"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
nb_execution_mode = "off"
myst_heading_anchors = 3
default_role = "literal"
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
html_theme = "furo"
html_static_path, html_css_files = ["static"], ["site.css"]
html_title = f"posse {release}"
html_show_copyright = html_copy_source = False
ROOT = Path(__file__).parent.parent


class Commands(SphinxDirective):
    """The help of every command, as it prints it."""

    def run(self) -> list[nodes.Node]:
        return [self._section(name) for name in typer.main.get_command(command_line).commands]

    def _section(self, name: str) -> nodes.section:
        shown = CliRunner().invoke(command_line, [name, "--help"], prog_name="posse", terminal_width=88)
        section = nodes.section(ids=[f"posse-{name}"], names=[f"posse {name}"])
        section += nodes.title("", f"posse {name}")
        section += nodes.literal_block(shown.output, shown.output, language="text")
        return section


def fields(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings say `argument: what it is`; make these lines the fields of a list."""
    try:
        arguments = set(inspect.signature(obj).parameters)
    except (TypeError, ValueError):
        arguments = set()
    found: list[str] = []
    for line in lines:
        if line == "Parameters" or set(line) == {"-"}:
            continue
        argument = re.match(r"(\w+): ", line)
        if argument and argument[1] in arguments:
            found += [] if found and found[-1].startswith((":param", " ")) else [""]
            line = f":param {line}"
        found.append(line)
    lines[:] = found


class Folders(SphinxPostTransform):
    """A link to a folder of the repository is its name, or the page of what is in it."""

    default_priority = 8  # before MyST looks for a page of that name

    def run(self, **kwargs: Any) -> None:
        for link in list(self.document.findall(pending_xref)):
            target = (ROOT / link.get("refdoc", "")).parent / link.get("reftarget", "")
            if target.is_dir():
                link.replace_self(self._named(f"docs/{target.name}", link))

    def _named(self, page: str, link: pending_xref) -> list[nodes.Node]:
        if page not in self.env.found_docs:
            return link.children
        address = self.app.builder.get_relative_uri(link["refdoc"], page)
        return [nodes.reference("", "", *link.children, refuri=address, internal=True)]


def entrance(app: Sphinx, error: Exception | None) -> None:
    """The site's own index leads to that of docs/."""
    if not error:
        start = '<meta charset="utf-8"><meta http-equiv="refresh" content="0; url=docs/index.html"><title>posse</title>'
        (Path(app.outdir) / "index.html").write_text(start, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_directive("posse-commands", Commands)
    app.connect("autodoc-process-docstring", fields)
    app.add_post_transform(Folders)
    app.connect("build-finished", entrance)

"""Extending a package that is slow to import, without importing it.

when_imported("xarray", "posse.plugin")
"""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def when_imported(package: str, module: str) -> None:
    """Import a module as soon as a package has been imported: now, if it has been already."""
    if package in sys.modules:
        import_module(module)
    else:
        sys.meta_path.insert(0, _Finder(package, module))


class _Finder(MetaPathFinder):
    """Finds one package, by the ordinary way, and has its loader import a module afterwards."""

    def __init__(self, package: str, module: str) -> None:
        self.package, self.module = package, module

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.package:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _Loader(spec.loader, self.module)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Loader, module: str) -> None:
        self.loader, self.module = loader, module

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        import_module(self.module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

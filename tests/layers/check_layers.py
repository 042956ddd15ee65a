#!/usr/bin/env python3
"""Checks that folders include only what the layer list allows.

Usage: check_layers.py ROOT. Reads the #include lines of core/, fs/ and mount-tools/ under ROOT and
prints each edge that is not allowed as "file:line: reason". Exit status 1 when there is one, or when
ROOT holds no sources (a check that sees nothing has not passed).
"""
import pathlib
import re
import sys

# Folder -> the folders that it may include besides itself, as the design lists them.
LAYERS = {
    "core/base": [],
    "core/geometry": ["core/base"],
    "core/lens": ["core/base", "core/geometry"],
    "core/codec": ["core/base", "core/geometry", "core/lens"],
    "core/storage": ["core/base"],
    "core/device": ["core/base", "core/geometry", "core/lens"],
    "core/field": ["core/base", "core/geometry", "core/lens", "core/codec", "core/storage"],
    "core/cache": ["core/base", "core/geometry", "core/lens", "core/device"],
    "core/prefetch": ["core/base", "core/geometry"],
    "core/engine": ["core"],
    "fs": ["core"],
    "mount-tools": ["fs", "core"],
}

# Library header -> the folders that alone may include it. Headers are matched by prefix.
LIBRARIES = {
    "fuse": ["fs"],
    "isa-l": ["core/base"],
    "liburing": ["core/storage"],
    "curl/": ["core/storage"],
    "openssl/": ["core/storage"],
    "expat": ["core/storage"],
    "rados/": ["core/storage"],
    "zlib.h": ["core/codec"],
    "zstd.h": ["core/codec"],
    "lz4": ["core/codec"],
    "blosc.h": ["core/codec"],
    "cuda": ["core/device"],
    "CLI/": ["mount-tools"],
    "spdlog/": ["mount-tools"],
}
# core/base uses the standard library and the system, and one library for checksums.
THIRD_PARTY = ("nlohmann/", "boost/", "fmt/") + tuple(
    header for header, folders in LIBRARIES.items() if "core/base" not in folders)
MAX_FUSE_FILES = 2

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCE_SUFFIXES = {".h", ".hpp", ".cc", ".cpp", ".c"}


def layer_of(path: str) -> str | None:
    """The layer that a path from the root lies in, or None."""
    parts = path.split("/")
    if parts[0] == "core":
        return "/".join(parts[:2]) if len(parts) > 2 else None
    return parts[0] if parts[0] in LAYERS else None


def within(folder: str, allowed: str) -> bool:
    return folder == allowed or folder.startswith(allowed + "/")


def check_quoted(layer: str, target: str) -> str | None:
    if "/" not in target or ".." in target.split("/"):
        return f'"{target}" is not written from the root of the tree'
    folder = layer_of(target)
    if folder is None or folder not in LAYERS:
        return f'"{target}" is in no known layer'
    if folder == layer or any(within(folder, ok) for ok in LAYERS[layer]):
        return None
    return f"{layer} may not include {folder} ({target})"


def check_angled(layer: str, target: str) -> str | None:
    if target.startswith(("core/", "fs/", "mount-tools/")):
        return f'<{target}> is ours: write it in quotes, so that this check sees it'
    if layer == "core/base" and target.startswith(THIRD_PARTY):
        return f"core/base uses the standard library alone, not <{target}>"
    for prefix, folders in LIBRARIES.items():
        if target.startswith(prefix) and layer not in folders:
            return f"<{target}> belongs to {', '.join(folders)} alone"
    return None


def check_tree(root: pathlib.Path) -> list[str]:
    problems: list[str] = []
    fuse_files: list[str] = []
    sources = [p for top in ("core", "fs", "mount-tools") for p in sorted((root / top).rglob("*"))
               if p.suffix in SOURCE_SUFFIXES]
    if not sources:
        return [f"{root}: no sources found under core/, fs/ or mount-tools/"]
    for path in sources:
        name = path.relative_to(root).as_posix()
        layer = layer_of(name)
        if layer not in LAYERS:
            problems.append(f"{name}: not in a layer of the list; add its folder to LAYERS")
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quoted, target = match.group(1) == '"', match.group(2)
            if not quoted and target.startswith("fuse") and name not in fuse_files:
                fuse_files.append(name)
            reason = check_quoted(layer, target) if quoted else check_angled(layer, target)
            if reason:
                problems.append(f"{name}:{number}: {reason}")
    if len(fuse_files) > MAX_FUSE_FILES:
        problems.append(f"libfuse is included by {len(fuse_files)} files, {MAX_FUSE_FILES} may: "
                        + ", ".join(fuse_files))
    return problems


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check_tree(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

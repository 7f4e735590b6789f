"""Serves the repositories below one folder: `serve.py FOLDER`.

The server of the package is confined to FOLDER as a whole, so that a person may have several
repositories; a tool beside the package's own tells which there are. Nothing that a repository names
is run: whoever made it is not who may run programs here.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import git.index.base
from mcp.types import ToolAnnotations
from mcp_server_git import server as package

# A folder of checked-out files may be large; nobody nests repositories deeper.
DEPTH_MAX = 4

NESTED_MAX = 8

# Settings of a repository by which git runs a program for one of the tools. Filters and drivers have
# names of their own, so that no setting of ours switches all of them off. What includeIf includes may
# change under a running command.
RUNS_PROGRAM = re.compile(
    r"filter\..+\.(clean|smudge|process)"
    r"|diff\.external|diff\..+\.(command|textconv)"
    r"|merge\..+\.driver"
    r"|includeif\..+",
    re.DOTALL,
)


def find_repositories(folder: Path) -> list[str]:
    """Paths of the repositories below `folder`, from there; nothing inside of one is looked at."""
    found = []
    for place, folders, files in os.walk(folder):
        path = Path(place)
        if ".git" in folders or ".git" in files:
            found.append(str(path.relative_to(folder)))
            folders.clear()
        elif len(path.relative_to(folder).parts) >= DEPTH_MAX:
            folders.clear()
    return sorted(found)


def read_settings(repository: git.Repo) -> list[tuple[str, str]]:
    """All that git itself will heed: GitPython's reader does not see everything that is included."""
    listed = subprocess.run(
        ["git", "--git-dir", str(repository.git_dir), "config", "--list", "-z"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=10,
    )
    entries = listed.stdout.decode(errors="surrogateescape").split("\0")
    return [(name, value) for name, _, value in (entry.partition("\n") for entry in entries)]


def refuse_elsewhere(
    repository: git.Repo, settings: list[tuple[str, str]], folder: Path
) -> None:
    """A repository may say that its files, or itself, are in another place."""
    own = Path(repository.git_dir)
    common = Path(repository.common_dir)
    if (common / "objects/info/alternates").exists():
        raise ValueError("The repository borrows objects: none outside the allowed repository are read")
    told = [own / value for name, value in settings if name == "core.worktree"]
    bases = {own, common, common / "objects"}
    inside = [path for base in bases if base.is_dir() for path in base.iterdir()]
    # An object by itself may be a link, too.
    for at, folders, files in os.walk(common / "objects"):
        inside += [path for path in map(Path(at).joinpath, folders + files) if path.is_symlink()]
    for place in (own, common, *inside, *told):
        if not place.resolve().is_relative_to(folder):
            raise ValueError(f"The repository leads to {place}, outside the allowed repository")


def refuse_programs(settings: list[tuple[str, str]]) -> None:
    for name, _ in settings:
        if RUNS_PROGRAM.fullmatch(name):
            raise ValueError(
                f"The repository's own configuration has {name}, which runs programs. None is run here: "
                f"whoever looks after it can take it out, with: git config --unset-all {name}"
            )


def find_nested(repository: git.Repo) -> list[Path]:
    """Repositories that this one knows as part of it: git asks each of them whether it has changed."""
    if repository.working_tree_dir is None:
        return []
    listed = subprocess.run(
        ["git", "--git-dir", str(repository.git_dir), "ls-files", "--stage", "-z"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=10,
    )
    entries = listed.stdout.decode(errors="surrogateescape").split("\0")
    links = [path for mode, _, path in (entry.partition("\t") for entry in entries) if mode.startswith("160000 ")]
    places = [Path(repository.working_tree_dir) / link for link in links]
    return [place for place in places if os.path.lexists(place / ".git")]


def look_at(path: Path, folder: Path | None, depth: int = 0) -> None:
    if depth > NESTED_MAX:
        raise ValueError(f"Repositories are nested deeper than {NESTED_MAX} times")
    with git.Repo(path) as repository:
        settings = read_settings(repository)
        if folder is not None:
            refuse_elsewhere(repository, settings, folder.resolve())
        refuse_programs(settings)
        for nested in find_nested(repository):
            look_at(nested, folder, depth + 1)


def guard_repositories() -> None:
    """Each tool asks the package whether a path may be opened: more is looked at there."""
    validate = package.validate_repo_path

    def validate_more(path: Path, folder: Path | None) -> None:
        validate(path, folder)
        look_at(path, folder)

    package.validate_repo_path = validate_more
    # GitPython runs the hooks of a commit itself, and looks for them where git would not.
    git.index.base.run_commit_hook = lambda *_: None


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    guard_repositories()
    server = package.create_server(folder)

    @server.tool(
        name="git_repositories",
        description="Lists the repositories that there are, as the other tools want repo_path",
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        structured_output=False,
    )
    def repositories() -> str:
        return "\n".join(find_repositories(folder)) or "There is no repository yet."

    asyncio.run(server.run_stdio_async())


main()

"""What the functions' sources and the README say about settings."""

import re
import tomllib

from environments import ROOT

# Set by Lambda and by people, not by the template; and compiled into rehearsals only.
ELSEWHERE = ("AWS_", "REHEARSAL_")
# A setting is a public constant whose name is its value, and the words above it say what it means.
CONSTANT = re.compile(r"((?:^///.*\n)+)pub const ([A-Z][A-Z_]+): &str = \"\2\";", re.MULTILINE)
# The one that is read by its own name.
LITERAL = re.compile(r'known\("([A-Z][A-Z_]+)"\)')


def manifest(folder):
    return tomllib.loads((folder / "Cargo.toml").read_text())


def crates():
    """The functions: folder by crate name."""
    folders = [path.parent for path in (ROOT / "functions").glob("*/Cargo.toml")]
    return {manifest(folder)["package"]["name"]: folder for folder in folders}


def shared_crates(folder):
    """The crates under shared/ that a crate depends on, directly."""
    names = manifest(folder).get("dependencies", {})
    return [ROOT / "shared" / name for name in names if (ROOT / "shared" / name).is_dir()]


def shipped(folder):
    """The text of a crate's sources without its tests."""
    files = [path for path in (folder / "src").rglob("*.rs") if "tests" not in path.parts and path.name != "tests.rs"]
    return "\n".join(path.read_text().split("#[cfg(test)]\nmod tests {")[0] for path in files)


def settings_of(folder):
    """The settings that a crate defines: whether each is required, by name."""
    text = shipped(folder)
    # INCONCLUSIVE is a word of answers: nobody looks it up.
    defined = {name: "Required" in words for words, name in CONSTANT.findall(text) if looked_up(name, text)}
    found = defined | dict.fromkeys(LITERAL.findall(text), False)
    return {name: required for name, required in found.items() if not name.startswith(ELSEWHERE)}


def looked_up(name, text):
    return re.search(rf"\b(lookup|filled|required|number)\(([^()\n]*, )?{name}\b", text) is not None


def readable(crate):
    """Every setting that a function may read: its own, and those of the shared crates it uses."""
    folder = crates()[crate]
    found = settings_of(folder)
    for shared in shared_crates(folder):
        found = settings_of(shared) | found
    return found


def documented(crate):
    """The settings in the README's table of a function: whether each is said to be required, by name."""
    readme = (ROOT / "README.md").read_text()
    section = re.search(rf"^### {crate}\n(.*?)(?=^##)", readme, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|.*\| ([^|]*) \|$", section.group(1) if section else "", re.MULTILINE)
    return {name: default == "required" for names, default in rows for name in re.findall("[A-Z_]+", names)}

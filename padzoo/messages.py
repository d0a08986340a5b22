"""What is told of an error that a user made: one line."""

import re
from typing import Final

REWORDING: Final = (  # jsonargparse names each type that a value may have and why it is not one: the first stays
    (r"Does not validate against any of the Union subtypes Subtypes: .*? Errors: - ", ""),
    (r"- Expected a path but \S+ either not accessible or invalid - ", ""),
    (r" - Expected a <class 'NoneType'>.*", ""),
    (r"'padzoo\.[\w.]*\.(\w+)'", r"'\1'"),  # classes of ours go by their names
    (r"Problem with given class_path '(\S+)': Parser key \"(\w+)\":", r"\2 of \1:"),
    (r"Problem with given class_path", "class"),
    (
        r"Expected a dot import path string: (\S+)",
        r"class '\1' is not known; allowed: a class of the zoo or a dotted path",
    ),
    (
        r"Unexpected import path format: (\S+)",
        r"'\1' is no class and no file; allowed: a class of the zoo, a dotted path, a path from the file that says so",
    ),
    (r"Not a valid subclass of \w+ Subclass types expect one of: .*? \(implicit class_path\) - ", ""),
    (r"class '(\S+)': Requirement '(\S+)' not met\..*", r"class '\1' needs another package; allowed: pip install '\2'"),
    (r"((?:is not known|are required).*?) - (?:class '|Expected ).*", r"\1"),  # what else it might have been
    (r"Parser key \"(\S+)\":", r"--\1:"),
    (r"(?:a )?<class '(\S+)'>", r"\1"),
    (r"a typing\.Literal\[(.*?)\]", r"one of \1"),
    (r"^Caught ValueError in DataLoader worker .*ValueError: ", ""),  # the worker's traceback
)


def complaint(error: Exception) -> str:
    """Returns an error's message on one line, without the parser's own types and values.

    Args:
        error: What a user did wrong.
    """
    message = " ".join(str(error).split())
    for pattern, replacement in REWORDING:
        message = re.sub(pattern, replacement, message)
    return message

"""`padzoo pull`: checkpoints of the zoo, brought here and checked."""

from padzoo.zoo import hub
from padzoo.zoo.hub.index import catalog
from padzoo.zoo.hub.publish import is_published, publish


def pull(name: str | None = None, all: bool = False, to: str | None = None) -> None:
    """Downloads checkpoints, checks every byte and tries the network, and prints where they are.

    Args:
        name: The name.
        all: Whether all that the zoo has is meant.
        to: Folder to copy them to, with what they are stored on and an index, for a machine without a network: there
            `PADZOO_INDEX` is to name it. What is there already is left.

    Raises:
        ValueError: If neither or both of a name and `--all` are given, or a checkpoint is refused.
    """
    if (name is None) == (not all):
        raise ValueError("pull: allowed: a NAME or --all")
    for each in sorted(catalog()) if name is None else [name]:
        folder = hub.pull(each)
        if to is None:
            print(folder)
            continue
        for path in filter(None, [hub.base(folder), folder]):
            if not is_published(path, to):
                print(publish(path, to))

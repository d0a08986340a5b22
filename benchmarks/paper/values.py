"""What JSON and YAML files hold."""

from typing import Any, Final

Json = dict[str, Any]
SPLIT: Final = ("between", "within")  # a reward model's accuracies beside that on all pairs: by their categories

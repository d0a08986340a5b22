"""What JSON and YAML files hold."""

from typing import Any

Json = dict[str, Any]

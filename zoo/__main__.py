"""`python -m zoo` is `padzoo`."""

import sys

from zoo.cli import main

sys.exit(main())

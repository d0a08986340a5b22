"""`python -m padzoo` is `padzoo`."""

import sys

from padzoo.cli import main

sys.exit(main())

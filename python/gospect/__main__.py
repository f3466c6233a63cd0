"""`python -m gospect`."""

import sys

from ._program import main

sys.exit(main())

"""``python -m ecrops.cli``: the command, where its script is not on the path."""

import sys

from ecrops.cli.main import main

sys.exit(main())

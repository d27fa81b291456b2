"""Print a command of README.md: the one fenced block below the marker ``<!-- command: NAME -->``."""

import re
import sys
from pathlib import Path

name = sys.argv[1]
text = (Path(__file__).parent.parent / "README.md").read_text()
found = re.findall(rf"<!-- command: {re.escape(name)} -->\s*```\w*\n(.*?)```", text, re.S)
if len(found) != 1:
    sys.exit(f"README.md must have one command block named {name!r}, found {len(found)}")
print(found[0].strip())

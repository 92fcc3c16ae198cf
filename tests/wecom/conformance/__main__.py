"""Call every endpoint on the sandbox and write docs/wecom-coverage.md: python -m tests.wecom.conformance"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/wecom/test_conformance.py", *sys.argv[1:]]

if __name__ == "__main__":
    sys.exit(subprocess.run(COMMAND, cwd=ROOT, env=os.environ | {"WRITE_WECOM_COVERAGE": "1"}).returncode)

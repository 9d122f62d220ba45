"""`python -m launch`."""

import sys

from launch import shadowing

if trouble := shadowing.shadowed():
    print(f"error: {trouble}", file=sys.stderr)
    sys.exit(2)

try:
    from launch.cli import main
except KeyboardInterrupt:  # half a second in which there is nothing to save yet
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

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
except ModuleNotFoundError as error:  # so early that no command, not even `doctor`, can say it
    from common.text import missing_package

    print(f"error: {missing_package(error)}", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

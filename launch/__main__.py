"""`python -m launch`."""

import sys

try:
    from launch.cli import main
except KeyboardInterrupt:  # half a second in which there is nothing to save yet
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

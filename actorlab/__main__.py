"""The command `actorlab`, which is `python -m launch`."""

import os
import sys


def main() -> int:
    """Runs the command line; returns the exit code."""
    # As `python -m` and Ray's workers have it, for what lies in the working directory.
    sys.path.insert(0, os.getcwd())
    from launch import shadowing

    if trouble := shadowing.shadowed():
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    from launch import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

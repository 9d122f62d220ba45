#!/usr/bin/env bash
# Installs into a virtual environment: with uv, or with the environment's pip where uv is no use.
# usage: requirements/install.sh VENV ARGUMENT...
set -euo pipefail
venv=$1
shift
python=$venv/bin/python
pip=("$python" -m pip --disable-pip-version-check)

# uv does not read pip's configuration, which may name a mirror or a company's index.
index=${PIP_INDEX_URL:-$("${pip[@]}" config get global.index-url 2>/dev/null || true)}
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
  export UV_DEFAULT_INDEX=$index
fi
# The seconds that a stalled download may take are 30, too few for TensorFlow on a slow line.
export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-300}

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  uv=$venv/bin/uv
  [ -x "$uv" ] || "${pip[@]}" install -qq 'uv>=0.9,<1' || true
fi
# Compiled here once: where PYTHONDONTWRITEBYTECODE is set, TensorFlow would else import three
# times as long, every time.
if [ -x "$uv" ] && "$uv" pip install --quiet --python "$python" --compile-bytecode "$@"; then
  exit
fi
echo "uv could not do it: the same with pip, which takes longer" >&2
exec "${pip[@]}" install --quiet --compile "$@"

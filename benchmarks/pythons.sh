#!/bin/sh
# Runs the fast tests on other Pythons, and on the lowest versions of the dependencies that pyproject.toml allows.
#
# usage: benchmarks/pythons.sh [3.12 | 3.13 | lowest]...
#
# Needs uv, which finds the interpreters or downloads them. An environment is 6 GB in .venv/pythons, most of it PyTorch.
set -eu
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1
[ $# -gt 0 ] || set -- 3.12 3.13 lowest
for name; do
	python=$name resolution=highest
	if [ "$name" = lowest ]; then python=3.11 resolution=lowest-direct; fi
	there=.venv/pythons/$name
	uv venv --quiet --clear --python "$python" "$there"
	uv pip install --quiet --python "$there" --resolution "$resolution" --editable '.[dev]'
	echo "$name: $("$there/bin/python" --version), PyTorch $("$there/bin/python" -c 'import torch; print(torch.__version__)')"
	"$there/bin/python" -m pytest -q -n 2 tests/core tests/datamodules tests/zoo/nets tests/padzoo tests/learning
done

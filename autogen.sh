#!/bin/sh
# Makes ./configure from configure.ac.  Needs autoconf and automake (contrib/quickstart.sh installs them).
set -e
cd "$(dirname "$0")"
for tool in autoreconf automake; do
	command -v "$tool" >/dev/null || {
		echo "autogen.sh: $tool: not found (apt-get install autoconf automake pkg-config)" >&2
		exit 1
	}
done
exec autoreconf --install --force "$@"

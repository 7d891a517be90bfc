#!/bin/sh
# Installs what building needs, builds lastack in build/, and shows what it sees in a capture.
# Safe to repeat; as root, or as a user who may sudo.
set -eu
cd "$(dirname "$0")/.."
. contrib/common.sh

install "$build_needs"
build build
build/lastack read contrib/demo.pcap
cat <<'END'

Next:
  build/lastack read -d demo.db contrib/demo.pcap     keep them in a database
  build/lastack show -d demo.db 1                     one connection, step by step
  build/lastack list -d demo.db --state LAST-ACK      who still waits for a final ACK
END

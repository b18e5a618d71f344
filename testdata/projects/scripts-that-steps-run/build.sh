#!/bin/bash
set -e
source /etc/os-release
case "$1" in
  dev) hg clone https://example.org/x ;;
esac
later() { svn checkout https://example.org/x; }
if command -v rsync; then rsync -a /x /y; fi
git -C / status
unzip -d /tmp/x /x.zip

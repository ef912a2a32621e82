#!/bin/sh
# Installs the servers that `make bench-peers` measures, where they are missing and apt-get can be used. What is not there is left
# out. The packages start their servers: switch them off again if you do not want them (systemctl disable --now inspircd ngircd).
set -eu
missing=""
for server in inspircd ngircd; do
	command -v "$server" >/dev/null 2>&1 || [ -x "/usr/sbin/$server" ] || missing="$missing $server"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "not here, and no apt-get to install it:$missing" >&2
	exit 0
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
echo "installing:$missing"
# shellcheck disable=SC2086 # a list of packages
if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
	echo "could not be installed:$missing" >&2
fi

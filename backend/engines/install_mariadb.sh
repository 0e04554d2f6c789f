#!/bin/sh
# Installs a MariaDB server for the tests where none is found, root and apt are there, and MYSQL_HOST is unset.
# The system's own service is not started: the tests start a private server.
set -eu

[ -z "${MYSQL_HOST:-}" ] || exit 0
PATH="$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/local/mysql/bin"
if command -v mariadbd >/dev/null || command -v mysqld >/dev/null; then
	exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "No MariaDB or MySQL server found: install one (Debian: sudo apt-get install mariadb-server)," \
		"or set MYSQL_HOST, MYSQL_PORT, MYSQL_USER and MYSQL_PASSWORD to a server that tests may use." >&2
	exit 0
fi

echo "installing mariadb-server"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	# invoke-rc.d asks this program; 101 forbids it to start the service.
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT INT TERM
fi
apt-get update -qq || echo "apt-get update failed; going on with the package lists at hand" >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server >/dev/null

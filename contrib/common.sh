# shellcheck shell=sh disable=SC2034 # sourced
# What quickstart.sh and check.sh share: installing what is missing, and building.  Sourced, from the top folder.
#
# A need is WHAT:PACKAGE, where WHAT is a command, or a library as pkg-config knows it when it starts with "lib/".

build_needs='autoreconf:autoconf automake:automake make:make cc:gcc headers:libc6-dev pkg-config:pkg-config
	lib/libpcap:libpcap-dev lib/sqlite3:libsqlite3-dev lib/libmaxminddb:libmaxminddb-dev
	lib/libarchive:libarchive-dev
	lib/libseccomp:libseccomp-dev
	lib/libcap-ng:libcap-ng-dev
	lib/ncursesw:libncurses-dev
	lib/libcurl:libcurl4-openssl-dev lib/zlib:zlib1g-dev'
test_needs='python3:python3 sqlite3:sqlite3 faketime:faketime'

is_root() { [ "$(id -u)" = 0 ]; }

say() { [ ! -t 2 ] || echo "$*" >&2; } # to people who wait; scripts want quiet

is_there() {
	case $1 in
	headers) echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 ;;
	lib/*) pkg-config --cflags "${1#lib/}" >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# missing NEEDS: the packages of those that are not there
missing() {
	for need in $1; do
		is_there "${need%%:*}" || printf '%s ' "${need#*:}"
	done
}

# apt_get WORDS: apt-get as root, without questions
apt_get() {
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends "$@"
	if is_root; then "$@"; else sudo "$@"; fi
}

# install NEEDS: installs what is missing; ends the script when it cannot.  No network when nothing is.
install() {
	packages=$(missing "$1")
	[ -n "$packages" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "$0: missing, as Debian names them: ${packages% } (install them with this system's package manager)" >&2
		exit 1
	fi
	if ! is_root && ! command -v sudo >/dev/null 2>&1; then
		echo "$0: missing: ${packages% } (as root: apt-get install ${packages% })" >&2
		exit 1
	fi
	say "installing ${packages% }"
	log=$(mktemp)
	# The lists may be old or not there at all: they are fetched only when it does not work without.
	# shellcheck disable=SC2086 # words are wanted
	if ! apt_get install $packages >"$log" 2>&1 && ! { apt_get update && apt_get install $packages; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "$0: not installed: ${packages% } (the lines above are apt-get's)" >&2
		exit 1
	fi
	rm -f "$log"
	packages=$(missing "$1")
	[ -z "$packages" ] || { echo "$0: installed, but still not usable: ${packages% }" >&2; exit 1; }
}

# Through sudo the build stays the caller's, so that it can be repeated without.
as_caller() {
	if is_root && [ -n "${SUDO_USER-}" ] && [ "$(stat -c %U .)" = "$SUDO_USER" ]; then
		sudo -u "$SUDO_USER" -- "$@"
	else
		"$@"
	fi
}

# build FOLDER [CONFIGURE-OPTIONS]: makes everything in FOLDER; shows the end of its log when it fails
build() {
	folder=$1
	shift
	say "building in $folder/"
	as_caller mkdir -p "$folder"
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_caller sh -c '
		exec >"$0/log" 2>&1 </dev/null
		set -e
		[ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || ./autogen.sh
		cd "$0"
		[ -f Makefile ] || ../configure --quiet "$@"
		make -s -j"$(nproc 2>/dev/null || echo 1)"
	' "$folder" "$@" || {
		tail -n 30 "$folder/log" >&2
		echo "$0: building failed (all of it: $folder/log)" >&2
		exit 1
	}
}

# run_tests FOLDER: every test; the log is FOLDER/check.log
run_tests() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_caller sh -c 'exec make -s -k -C "$0" -j"$(nproc 2>/dev/null || echo 1)" check >"$0/check.log" 2>&1 </dev/null' "$1"
}

#!/bin/sh
# Tried in every image that has a shell: an ordinary user, nothing to build with, no program that
# makes somebody else of one, no file of the system that the user could change.
set -eu
fail() { echo "$1" >&2; exit 1; }
[ "$(id -u)" -ge 900 ] || fail "the image's user is $(id -u)"
for tool in cc gcc g++ make ld as go git curl wget sudo ssh gdb strace; do
    ! command -v "$tool" >/dev/null || fail "$tool is in the image"
done
found=$(find / -xdev \( -path /proc -o -path /sys \) -prune -o -type f -perm /6000 -print | head -3)
[ -z "$found" ] || fail "these programs change who runs them: $found"
found=$(find /etc /opt /usr /bin /sbin /lib -xdev \( -type f -o -type d \) -writable -print | head -3)
[ -z "$found" ] || fail "the user could change $found"
[ ! -e /var/lib/apt/lists/lock ] || fail "package lists were left"
echo "uid $(id -u), $(dpkg-query --show | wc -l) Debian packages, nothing to build with"

#!/usr/bin/env bash
# Undoes create.sh WORK, however far it came.
set -uo pipefail
work=$1
[ -e "$work/names" ] || exit 0
{ read -r network; mapfile -t machines; } < "$work/names"
for machine in "${machines[@]}"; do virsh --quiet destroy "$machine" 2>/dev/null; done
virsh --quiet net-destroy "$network" 2>/dev/null
rm -rf "$work"

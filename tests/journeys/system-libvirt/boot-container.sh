#!/bin/bash
# Boots a Debian root folder under systemd-nspawn in a network namespace of its own with user-mode networking, so that
# nothing of this machine is changed. Usage: boot-container.sh STATE_FOLDER TOOLS_FOLDER ROOT_FOLDER [options of nspawn]
# STATE_FOLDER gets net.pid (a process in the container's network). This machine's first process need not be systemd.
set -u
state=$1 tools=$2 root=$3
shift 3
libraries=$tools/usr/lib/x86_64-linux-gnu
unshare -n sleep infinity </dev/null >/dev/null 2>&1 & net=$!
sleep 0.5
LD_LIBRARY_PATH=$libraries "$tools/usr/bin/slirp4netns" --configure --mtu=65520 --disable-host-loopback $net tap0 </dev/null >"$state/network.log" 2>&1 &
slirp=$!
for _ in $(seq 100); do grep -q '' <(nsenter --net=/proc/$net/ns/net ip -o -4 address show dev tap0 2>/dev/null) && break; sleep 0.2; done
# systemd wants control groups of its own. The list is read before this process moves.
mine=$(cat /proc/self/cgroup)
groups=()
while IFS=: read -r _ controllers path; do
  case $controllers in name=systemd) hierarchy=systemd;; "") hierarchy=unified;; *) hierarchy=$controllers;; esac
  [ -d "/sys/fs/cgroup/$hierarchy" ] || continue
  group=/sys/fs/cgroup/$hierarchy${path%/}/berth-bed-$$
  mkdir -p "$group"
  groups+=("$group")
  if [ "$hierarchy" = cpuset ]; then
    cat "$group/../cpuset.cpus" >"$group/cpuset.cpus"
    cat "$group/../cpuset.mems" >"$group/cpuset.mems"
  fi
  echo $$ >"$group/cgroup.procs" || echo "control group $hierarchy: not moved"
done <<<"$mine"
echo $net >"$state/net.pid"
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
LD_LIBRARY_PATH=$libraries/systemd "$tools/usr/bin/systemd-nspawn" -q -D "$root" -M "berth-bed-$$" --register=no --keep-unit --boot \
  --console=read-only --network-namespace-path=/proc/$net/ns/net --capability=all --bind=/dev/net/tun "$@" </dev/null
code=$?
kill $slirp $net
while IFS=: read -r _ controllers path; do
  case $controllers in name=systemd) hierarchy=systemd;; "") hierarchy=unified;; *) hierarchy=$controllers;; esac
  [ -d "/sys/fs/cgroup/$hierarchy" ] && echo $$ >"/sys/fs/cgroup/$hierarchy${path}/cgroup.procs"
done <<<"$mine"
for group in "${groups[@]}"; do find "$group" -depth -type d -exec rmdir {} \; ; done
exit $code

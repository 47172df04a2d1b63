#!/bin/sh
# Unpacks container images into a guest's root with that root's own containerd, so that the machine finds them ready.
# Arguments: the root, the OCI archive. Run in a mount namespace of its own (unshare --mount): nothing mounted here is
# seen outside, and all of it goes when this ends.
set -eu
root=$1
archive=$2

mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
: >"$root/tmp/images.tar"
mount --bind "$archive" "$root/tmp/images.tar"

# No cgroups of systemd and no kubelet interface are needed to unpack.
cat >"$root/tmp/config.toml" <<'CONFIG'
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
CONFIG

socket=/run/unpack.sock
chroot "$root" containerd --config /tmp/config.toml --root /var/lib/containerd --state /run/unpack --address $socket \
  >"$root/tmp/containerd.txt" 2>&1 &
daemon=$!
ctr() { chroot "$root" ctr --address $socket --namespace k8s.io "$@"; }

tries=0
until ctr version >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ] || ! kill -0 $daemon; then
    tail -n 5 "$root/tmp/containerd.txt" >&2
    exit 1
  fi
  sleep 0.2
done

ctr images import --local --snapshotter overlayfs /tmp/images.tar
# Unpacked layers are of no further use on a node (containerd's own discard_unpacked_layers does the same).
for digest in $(ctr content ls | awk 'NR > 1 && /containerd.io\/uncompressed/ { print $1 }'); do
  ctr content rm "$digest" >/dev/null
done
# The files go when containerd collects garbage; ending a lease makes it do so before it answers.
ctr leases delete --sync "$(ctr leases create)" >/dev/null
ctr images ls -q

kill $daemon
wait $daemon || true

#!/bin/sh
# The initial RAM disk of a node: finds the root disk (the first virtio disk, or root= of the kernel command line) and
# starts the system on it. ext4 and virtio's PCI part are built into the kernel.
busybox=/bin/busybox
$busybox mount -t devtmpfs devtmpfs /dev
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox insmod /lib/virtio_blk.ko

root=/dev/vda
for word in $($busybox cat /proc/cmdline); do
  case $word in root=/dev/*) root=${word#root=} ;; esac
done

tries=0
while [ ! -b "$root" ]; do
  tries=$((tries + 1))
  if [ $tries -gt 300 ]; then
    echo "berth: no root disk $root; powering off" >/dev/console
    $busybox poweroff -f
  fi
  $busybox sleep 0.1
done
if ! $busybox mount -t ext4 -o rw,noatime "$root" /newroot; then
  echo "berth: $root holds no ext4 file system; powering off" >/dev/console
  $busybox poweroff -f
fi

for folder in dev proc sys; do $busybox mount -o move /$folder /newroot/$folder; done
exec $busybox switch_root /newroot /sbin/init

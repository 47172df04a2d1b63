#!/usr/bin/env bash
# The reference of R1: one control plane and one worker on the same image and with the same machine settings as the
# portal's, brought to the same end (nodes Ready, CoreDNS available, a name looked up from a pod) the shortest way that
# shell, virsh and kubeadm offer: everything known beforehand is made beforehand (authorities, CA hash, token, host keys,
# seeds), the machines boot side by side, and the worker joins while the control plane initialises. It keeps no record,
# checks no quota, survives no interruption and shows nothing: that is what is compared.
#
#   create.sh WORK     WORK: a folder of its own, made here. Ends with "usable after N ms". Undone by destroy.sh WORK.
#                      With BOOT_ONLY=1 it ends when both machines are up: a check of this script itself.
set -euo pipefail

work=$1
: "${IMAGE:?folder with root.qcow2, vmlinuz, initrd.img}"
: "${KUBERNETES_VERSION:?as in the image}"
NAME=${NAME:-hand}
NET=${NET:-10.231.77}
ACCEL=${ACCEL:-tcg}
DISK_GIB=${DISK_GIB:-20}
CP_VCPUS=${CP_VCPUS:-2} CP_MIB=${CP_MIB:-4096}
W_VCPUS=${W_VCPUS:-2} W_MIB=${W_MIB:-2048}
TSC_KHZ=${TSC_KHZ:-}
pods=10.244.0.0/16 services=10.96.0.0/16
cp=$NAME-cp0 worker=$NAME-w1
here=$(cd "$(dirname "$0")" && pwd)
began=$(date +%s%N)
stamp() { printf '%6.1f s  %s\n' "$(( ($(date +%s%N) - began) / 100000000 ))e-1" "$1"; }

umask 077
mkdir -p "$work/pki/etcd" "$work/payload-$cp" "$work/payload-$worker"
chmod 711 "$work"
printf '%s\n' "$NAME" "$cp" "$worker" > "$work/names"

# --- everything that can be known beforehand -----------------------------------------------------------------------
authority() { # FILE COMMON-NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/pki/$1.key"
  openssl req -x509 -new -key "$work/pki/$1.key" -days 3650 -out "$work/pki/$1.crt" -config <(cat <<CONF
[req]
distinguished_name = name
prompt = no
x509_extensions = ca
[name]
CN = $2
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyEncipherment, keyCertSign
subjectKeyIdentifier = hash
CONF
)
}
authority ca kubernetes
authority etcd/ca etcd-ca
authority front-proxy-ca front-proxy-ca
openssl ecparam -name prime256v1 -genkey -noout -out "$work/pki/sa.key"
openssl pkey -in "$work/pki/sa.key" -pubout -out "$work/pki/sa.pub" 2>/dev/null
ca_hash=sha256:$(openssl x509 -in "$work/pki/ca.crt" -noout -pubkey | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1)
token=$(openssl rand -hex 3).$(openssl rand -hex 8)
ssh-keygen -q -t ed25519 -N '' -C bench -f "$work/key"

ssh_options=(-i "$work/key" -o "UserKnownHostsFile=$work/known_hosts" -o StrictHostKeyChecking=yes -o BatchMode=yes
  -o ConnectTimeout=5 -o LogLevel=ERROR -o ControlMaster=auto -o "ControlPath=$work/%C" -o ControlPersist=60)
on() { # ADDRESS COMMAND…
  local address=$1; shift
  ssh "${ssh_options[@]}" "root@$address" "$@"
}

indent() { sed "s/^/$1/"; }

seed() { # NODE ADDRESS MAC
  local folder=$work/seed-$1
  mkdir "$folder"
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$folder/host"
  echo "$2 $(cut -d' ' -f1,2 "$folder/host.pub")" >> "$work/known_hosts"
  cat > "$folder/user-data" <<DOC
#cloud-config
hostname: $1
manage_etc_hosts: true
disable_root: false
ssh_pwauth: false
users:
  - name: root
    lock_passwd: true
    ssh_authorized_keys: ["$(cat "$work/key.pub")"]
ssh_deletekeys: true
ssh_genkeytypes: []
ssh_keys:
  ed25519_private: |
$(indent '    ' < "$folder/host")
  ed25519_public: "$(cat "$folder/host.pub")"
DOC
  printf 'instance-id: %s\nlocal-hostname: %s\n' "$1" "$1" > "$folder/meta-data"
  cat > "$folder/network-config" <<DOC
version: 2
ethernets:
  eth0:
    match: {macaddress: "$3"}
    set-name: eth0
    dhcp4: false
    dhcp6: false
    link-local: []
    addresses: [$2/24]
    routes: [{to: default, via: $NET.1}]
    nameservers: {addresses: [$NET.1]}
DOC
  genisoimage -quiet -output "$work/$1-seed.iso" -volid cidata -joliet -rational-rock "$folder"/{user-data,meta-data,network-config}
}

# --- machines ------------------------------------------------------------------------------------------------------
arguments="root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet loglevel=5 random.trust_cpu=on"
if [ "$ACCEL" = kvm ]; then
  type=kvm processor="<cpu mode='host-passthrough'/>"
else
  type=qemu processor="<cpu mode='maximum'>$(printf "<feature policy='disable' name='%s'/>" erms fsrm la57 smap smep pku pks)</cpu>"
  arguments="$arguments mitigations=off clearcpuid=rep_good nowatchdog no_timer_check audit=0 psi=0"
  [ -z "$TSC_KHZ" ] || arguments="$arguments tsc=reliable clocksource=tsc tsc_early_khz=$TSC_KHZ"
fi

machine() { # NODE VCPUS MIB MAC
  qemu-img create -q -f qcow2 -F qcow2 -b "$IMAGE/root.qcow2" "$work/$1.qcow2" "${DISK_GIB}G"
  cat > "$work/$1.xml" <<XML
<domain type='$type'>
  <name>$1</name>
  <memory unit='MiB'>$3</memory>
  <vcpu>$2</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$IMAGE/vmlinuz</kernel>
    <initrd>$IMAGE/initrd.img</initrd>
    <cmdline>$arguments</cmdline>
  </os>
  <features><acpi/><apic/></features>
  $processor
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$work/$1.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='$work/$1-seed.iso'/>
      <target dev='vdb' bus='virtio'/>
      <readonly/>
    </disk>
    <interface type='network'>
      <source network='$NAME'/>
      <mac address='$4'/>
      <model type='virtio'/>
    </interface>
    <console type='pty'><log file='$work/$1-console' append='off'/><target type='serial' port='0'/></console>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
XML
}

cat > "$work/network.xml" <<XML
<network>
  <name>$NAME</name>
  <forward mode='nat'/>
  <ip address='$NET.1' netmask='255.255.255.0'/>
</network>
XML

cp_at=$NET.10 worker_at=$NET.11
cp_mac=52:54:00:77:00:10 worker_mac=52:54:00:77:00:11
seed "$cp" "$cp_at" "$cp_mac"
seed "$worker" "$worker_at" "$worker_mac"
machine "$cp" "$CP_VCPUS" "$CP_MIB" "$cp_mac"
machine "$worker" "$W_VCPUS" "$W_MIB" "$worker_mac"
virsh --quiet net-create "$work/network.xml"
virsh --quiet create "$work/$cp.xml"
virsh --quiet create "$work/$worker.xml"
stamp "machines started"

# --- what kubeadm is told ------------------------------------------------------------------------------------------
if [ "$ACCEL" = kvm ]; then
  patience=1 etcd='[]'
else
  patience=3 etcd='[{name: heartbeat-interval, value: "1000"}, {name: election-timeout, value: "10000"}]'
fi
timeouts="timeouts:
  controlPlaneComponentHealthCheck: $((5 * patience))m0s
  kubeletHealthCheck: $((4 * patience))m0s
  kubernetesAPICall: $((2 * patience))m0s
  etcdAPICall: $((2 * patience))m0s
  tlsBootstrap: $((5 * patience))m0s
  discovery: $((8 * patience))m0s"
registration() { # NODE ADDRESS
  cat <<DOC
nodeRegistration:
  name: $1
  criSocket: unix:///run/containerd/containerd.sock
  imagePullPolicy: IfNotPresent
  kubeletExtraArgs: [{name: node-ip, value: $2}]
DOC
}

cat > "$work/payload-$cp/init.yaml" <<DOC
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
  - token: $token
    ttl: 0s
    usages: [signing, authentication]
    groups: [system:bootstrappers:kubeadm:default-node-token]
localAPIEndpoint: {advertiseAddress: $cp_at, bindPort: 6443}
$(registration "$cp" "$cp_at")
patches: {directory: /root/hand/patches}
$timeouts
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v${KUBERNETES_VERSION#v}
clusterName: $NAME
controlPlaneEndpoint: $cp_at:6443
encryptionAlgorithm: ECDSA-P256
networking: {podSubnet: $pods, serviceSubnet: $services, dnsDomain: cluster.local}
controllerManager: {extraArgs: [{name: leader-elect, value: "false"}]}
scheduler: {extraArgs: [{name: leader-elect, value: "false"}]}
etcd:
  local:
    dataDir: /var/lib/etcd
    extraArgs: $etcd
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
runtimeRequestTimeout: 10m0s
DOC
cat > "$work/payload-$worker/join.yaml" <<DOC
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {token: $token, apiServerEndpoint: "$cp_at:6443", caCertHashes: ["$ca_hash"]}
  tlsBootstrapToken: $token
$(registration "$worker" "$worker_at")
$timeouts
DOC
mkdir "$work/payload-$cp/patches"
for component in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  [ "$ACCEL" = kvm ] || printf '{"spec":{"containers":[{"name":"%s","livenessProbe":{"timeoutSeconds":60,"failureThreshold":60}}]}}\n' "$component" \
    > "$work/payload-$cp/patches/$component+strategic.json"
done
mv "$work/pki" "$work/payload-$cp/pki"
sed -e "s|@PODS@|$pods|" -e "s|@API@|$cp_at|" "$here/flannel.yaml" > "$work/payload-$cp/flannel.yaml"
cp "$here/guest-init.sh" "$here/guest-check.sh" "$work/payload-$cp/"
cp "$here/guest-join.sh" "$work/payload-$worker/"

# --- both machines at once -----------------------------------------------------------------------------------------
up() { # NODE ADDRESS: waits for SSH, then hands over the payload and waits until the first boot is done
  local until=$((SECONDS + 900))
  until on "$2" true 2>/dev/null; do
    [ "$SECONDS" -lt "$until" ] || { echo "$1 does not answer" >&2; return 1; }
    sleep 0.5
  done
  tar -C "$work/payload-$1" -cf - . | on "$2" 'umask 077; mkdir -p /root/hand && tar -C /root/hand --no-same-owner -xf - && timeout 720 berth-ready 540'
  stamp "$1 is up"
}
{
  up "$worker" "$worker_at"
  [ -z "${BOOT_ONLY:-}" ] || exit 0
  on "$worker_at" bash /root/hand/guest-join.sh
  stamp "$worker has joined"
} > "$work/worker.out" 2>&1 &
joining=$!
trap 'kill "$joining" 2>/dev/null || true' EXIT

up "$cp" "$cp_at"
if [ -n "${BOOT_ONLY:-}" ]; then
  wait "$joining"
  cat "$work/worker.out"
  exit 0
fi
on "$cp_at" bash /root/hand/guest-init.sh
stamp "$cp is initialised"
wait "$joining" || { cat "$work/worker.out" >&2; exit 1; }
trap - EXIT
cat "$work/worker.out"
on "$cp_at" bash /root/hand/guest-check.sh "$cp" "$worker"
on "$cp_at" cat /etc/kubernetes/admin.conf > "$work/kubeconfig"
stamp "done"
echo "usable after $(( ($(date +%s%N) - began) / 1000000 )) ms"

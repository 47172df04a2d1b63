// flanneld is flannel's daemon with what a Berth cluster uses: subnets from the Kubernetes API, the back ends alloc,
// host-gw and vxlan, and nftables. Upstream's own main imports every back end and needs an iptables binary even where
// it only cleans up; this one needs `nft` and nothing else.
//
// It takes the upstream flags of the same names, and the upstream net-conf.json with `"EnableNFTables": true`. Two
// things are better than upstream for a cluster that is just coming up: it waits for an API server that does not
// answer yet instead of crashing into kubelet's back-off, and it puts the CNI configuration in place itself, when
// the node's subnet is known, so that no init container is needed and no pod starts too early.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/alloc"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr/nftables"
	"k8s.io/klog/v2"
)

const retryPause = 2 * time.Second

type options struct {
	iface, publicIP        string
	subnetFile, netConf    string
	cniSource, cniTarget   string
	annotationPrefix       string
	apiURL, kubeconfig     string
	masquerade, kubeManage bool
	healthIP               string
	healthPort             int
	resyncSeconds          int
}

func main() {
	o := parseOptions()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		klog.Errorf("flanneld ends: %v", err)
		klog.Flush()
		os.Exit(1)
	}
}

func parseOptions() options {
	var o options
	klog.InitFlags(nil)
	flag.StringVar(&o.iface, "iface", "", "name or address of the card that other nodes reach; default: the one with the default route")
	flag.StringVar(&o.publicIP, "public-ip", "", "address that other nodes reach")
	flag.StringVar(&o.subnetFile, "subnet-file", "/run/flannel/subnet.env", "where the CNI plugin finds this node's subnet")
	flag.StringVar(&o.netConf, "net-config-path", "/etc/kube-flannel/net-conf.json", "the network's configuration")
	flag.StringVar(&o.cniSource, "cni-conf", "", "CNI configuration to install when the subnet is known; default: none")
	flag.StringVar(&o.cniTarget, "cni-conf-target", "/etc/cni/net.d/10-flannel.conflist", "where to install it")
	flag.StringVar(&o.annotationPrefix, "kube-annotation-prefix", "flannel.alpha.coreos.com", "prefix of the node annotations")
	flag.StringVar(&o.apiURL, "kube-api-url", "", "address of the API server; default: the pod's own")
	flag.StringVar(&o.kubeconfig, "kubeconfig-file", "", "kubeconfig; default: the pod's service account")
	flag.BoolVar(&o.masquerade, "ip-masq", false, "masquerade what leaves the cluster's network")
	flag.BoolVar(&o.kubeManage, "kube-subnet-mgr", true, "take subnets from the Kubernetes API; the only way here")
	flag.StringVar(&o.healthIP, "healthz-ip", "127.0.0.1", "address of /healthz")
	flag.IntVar(&o.healthPort, "healthz-port", 0, "port of /healthz; 0: none")
	flag.IntVar(&o.resyncSeconds, "iptables-resync", 5, "seconds between checks of the packet rules")
	flag.Parse()
	return o
}

func run(ctx context.Context, o options) error {
	if !o.kubeManage {
		return errors.New("only --kube-subnet-mgr is supported: subnets come from the Kubernetes API")
	}
	if o.healthPort > 0 {
		go serveHealth(o)
	}
	manager, err := awaitManager(ctx, o)
	if err != nil {
		return err
	}
	config, err := manager.GetNetworkConfig(ctx)
	if err != nil {
		return fmt.Errorf("reading the network's configuration: %w", err)
	}
	if !config.EnableNFTables {
		return errors.New(`the network's configuration must say "EnableNFTables": true: there is no iptables here`)
	}
	card, err := externalCard(ctx, o, manager, config)
	if err != nil {
		return fmt.Errorf("choosing the network card: %w", err)
	}
	return serve(ctx, o, manager, config, card)
}

// awaitManager tries until the API server answers and this node has its range of pod addresses.
func awaitManager(ctx context.Context, o options) (subnet.Manager, error) {
	for {
		manager, err := kube.NewSubnetManager(ctx, o.apiURL, o.kubeconfig, o.annotationPrefix, o.netConf, true)
		if err == nil {
			return manager, nil
		}
		klog.Warningf("reading this node from the Kubernetes API: %v; trying again", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryPause):
		}
	}
}

func externalCard(ctx context.Context, o options, m subnet.Manager, c *subnet.Config) (*backend.ExternalInterface, error) {
	family, err := ipmatch.GetIPFamily(c.EnableIPv4, c.EnableIPv6)
	if err != nil {
		return nil, err
	}
	public := ipmatch.PublicIPOpts{PublicIP: o.publicIP}
	if v4, v6 := m.GetStoredPublicIP(ctx); v4 != "" || v6 != "" {
		public = ipmatch.PublicIPOpts{PublicIP: v4, PublicIPv6: v6}
	}
	wanted := o.iface
	if wanted == "" {
		wanted = public.PublicIP
	}
	return ipmatch.LookupExtIface(wanted, "", "", family, public)
}

// serve sets the node's part of the network up and keeps it so until the context ends.
func serve(ctx context.Context, o options, m subnet.Manager, c *subnet.Config, card *backend.ExternalInterface) error {
	var routines sync.WaitGroup
	defer routines.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	kind, err := backend.NewManager(ctx, m, card).GetBackend(c.BackendType)
	if err != nil {
		return fmt.Errorf("choosing the back end %q: %w", c.BackendType, err)
	}
	network, err := kind.RegisterNetwork(ctx, &routines, c)
	if err != nil {
		return fmt.Errorf("registering this node's subnet: %w", err)
	}
	if err := writeRules(ctx, o, c, network); err != nil {
		return fmt.Errorf("writing the packet rules: %w", err)
	}
	lease := network.Lease()
	// The CNI plugin waits for this file, so the rules come first.
	if err := m.HandleSubnetFile(o.subnetFile, c, o.masquerade, lease.Subnet, lease.IPv6Subnet, network.MTU()); err != nil {
		return fmt.Errorf("writing %s: %w", o.subnetFile, err)
	}
	if err := installCNI(o); err != nil {
		return fmt.Errorf("installing the CNI configuration: %w", err)
	}
	klog.Infof("running: back end %s, subnet %s", c.BackendType, lease.Subnet)
	routines.Add(1)
	go func() {
		defer routines.Done()
		network.Run(ctx)
	}()
	if err := m.CompleteLease(ctx, lease, &routines); err != nil {
		return fmt.Errorf("keeping this node's subnet: %w", err)
	}
	// Subnets of the Kubernetes API need no renewal, so that call returns at once; the daemon must not.
	<-ctx.Done()
	return nil
}

// installCNI renames into place: the container runtime watches the folder and must never read half a file.
func installCNI(o options) error {
	if o.cniSource == "" {
		return nil
	}
	text, err := os.ReadFile(o.cniSource)
	if err != nil {
		return err
	}
	next := filepath.Join(filepath.Dir(o.cniTarget), "."+filepath.Base(o.cniTarget)+".next")
	if err := os.WriteFile(next, text, 0o644); err != nil {
		return err
	}
	return os.Rename(next, o.cniTarget)
}

func writeRules(ctx context.Context, o options, c *subnet.Config, n backend.Network) error {
	rules := &nftables.NFTablesManager{}
	if err := rules.Init(ctx); err != nil {
		return err
	}
	if o.masquerade {
		// The chains are flushed and written anew, so an earlier subnet leaves nothing behind.
		var none ip.IP4Net
		var noneV6 ip.IP6Net
		err := rules.SetupAndEnsureMasqRules(ctx, c.Network, none, none, c.IPv6Network, noneV6, noneV6, n.Lease(), o.resyncSeconds, false)
		if err != nil {
			return err
		}
	}
	rules.SetupAndEnsureForwardRules(ctx, c.Network, c.IPv6Network, o.resyncSeconds)
	return nil
}

func serveHealth(o options) {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	server := http.Server{Addr: net.JoinHostPort(o.healthIP, strconv.Itoa(o.healthPort)), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	klog.Errorf("serving /healthz: %v", server.ListenAndServe())
}

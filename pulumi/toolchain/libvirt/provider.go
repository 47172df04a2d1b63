// Package libvirt describes the Pulumi provider that Berth builds: the Terraform provider for libvirt, bridged
// statically. Names and tokens are those of the published @pulumi/libvirt 0.5.x, so that programs and stacks written
// for one run with the other.
package libvirt

import (
	_ "embed"

	tf "github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Version is the provider's own version; versions.lock.json is checked against it.
const Version = "0.5.5"

//go:embed bridge-metadata.json
var metadata []byte

// Names of resources and functions, by their Terraform type.
var (
	resourceNames = map[string]string{
		"libvirt_cloudinit_disk": "CloudInitDisk",
		"libvirt_combustion":     "Combustion",
		"libvirt_domain":         "Domain",
		"libvirt_ignition":       "Ignition",
		"libvirt_network":        "Network",
		"libvirt_pool":           "Pool",
		"libvirt_volume":         "Volume",
	}
	functionNames = map[string]string{
		"libvirt_network_dns_host_template":        "getNetworkDnsHostTemplate",
		"libvirt_network_dns_srv_template":         "getNetworkDnsSrvTemplate",
		"libvirt_network_dnsmasq_options_template": "getNetworkDnsmasqOptionsTemplate",
		"libvirt_node_device_info":                 "getNodeDeviceInfo",
		"libvirt_node_devices":                     "getNodeDevices",
		"libvirt_node_info":                        "getNodeInfo",
	}
)

// Provider returns the bridge's description of the provider. Everything lives in the module "index": the bridge
// leaves nested modules out of generated code without saying so.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(tf.Provider()),
		Name:         "libvirt",
		Version:      Version,
		Description:  "Machines, networks, storage pools and volumes of a libvirt host.",
		License:      "Apache-2.0",
		GitHubOrg:    "dmacvicar",
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Config: map[string]*tfbridge.SchemaInfo{
			"uri": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"LIBVIRT_DEFAULT_URI"}}},
		},
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
		JavaScript:  &tfbridge.JavaScriptInfo{RespectSchemaVersion: true},
	}
	for terraformType, name := range resourceNames {
		info.Resources[terraformType] = &tfbridge.ResourceInfo{Tok: resourceToken(name)}
	}
	for terraformType, name := range functionNames {
		info.DataSources[terraformType] = &tfbridge.DataSourceInfo{Tok: functionToken(name)}
	}
	info.SetAutonaming(255, "-")
	return info
}

func resourceToken(name string) tokens.Type {
	return tfbridge.MakeResource("libvirt", "index", name)
}

func functionToken(name string) tokens.ModuleMember {
	return tfbridge.MakeDataSource("libvirt", "index", name)
}

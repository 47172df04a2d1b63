// pulumi-tfgen-libvirt writes schema.json: `pulumi-tfgen-libvirt schema --out <folder>`.
package main

import (
	libvirt "berth.invalid/engine/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
)

func main() {
	tfgen.Main("libvirt", libvirt.Version, libvirt.Provider())
}

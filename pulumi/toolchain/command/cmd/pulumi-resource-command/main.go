// pulumi-resource-command is the provider plugin that runs commands here and on remote machines. It speaks to
// programs written with @pulumi/command of the same version.
package main

import (
	"context"
	"fmt"
	"os"

	"berth.invalid/engine/command/provider"
)

func main() {
	if err := provider.Serve(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

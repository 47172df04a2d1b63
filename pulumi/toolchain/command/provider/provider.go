// Package provider joins the resources and the function into the provider "command".
package provider

import (
	"context"

	"berth.invalid/engine/command/local"
	"berth.invalid/engine/command/remote"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	// Name is the package name in type tokens such as "command:remote:Command".
	Name = "command"
	// Version is that of the npm package whose types this provider answers to.
	Version = "1.2.1"
)

// New returns the provider.
func New() (p.Provider, error) {
	return infer.NewProviderBuilder().
		WithDisplayName("Command").
		WithDescription("Runs commands and copies files, here and on remote machines.").
		WithLicense("Apache-2.0").
		WithLanguageMap(map[string]any{"nodejs": map[string]any{"respectSchemaVersion": true}}).
		WithResources(
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
		).
		WithFunctions(infer.Function(&local.Run{})).
		Build()
}

// Serve answers the engine until it closes the connection.
func Serve(ctx context.Context) error {
	built, err := New()
	if err != nil {
		return err
	}
	return built.Run(ctx, Name, Version)
}

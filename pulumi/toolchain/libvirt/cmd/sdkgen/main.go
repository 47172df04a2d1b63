// sdkgen writes the Node.js SDK of a provider from its schema: `sdkgen <schema.json> <output folder> <version>`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sdkgen <schema.json> <output folder> <version>")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(schemaFile, outFolder, version string) error {
	pkg, err := readPackage(schemaFile, version)
	if err != nil {
		return fmt.Errorf("reading the schema %s: %w", schemaFile, err)
	}
	files, err := nodejs.GeneratePackage("sdkgen", pkg, nil, nil, false, nil)
	if err != nil {
		return fmt.Errorf("generating the Node.js SDK: %w", err)
	}
	for name, body := range files {
		path := filepath.Join(outFolder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func readPackage(schemaFile, version string) (*schema.Package, error) {
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, err
	}
	// The bridge leaves the version out of its schema; the SDK needs it to ask for the right plugin.
	if spec.Version == "" {
		spec.Version = version
	}
	languages := map[string]schema.Language{"nodejs": nodejs.Importer}
	return schema.ImportSpec(spec, languages, schema.NewNullLoader(), schema.ValidationOptions{})
}

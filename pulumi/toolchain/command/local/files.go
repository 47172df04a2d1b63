package local

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect reads the files that the command left behind, as `assetPaths` and `archivePaths` ask.
func (c call) collect(folder string, out *BaseOutputs) error {
	if c.inputs.AssetPaths != nil {
		found, err := findAssets(folder, *c.inputs.AssetPaths)
		if err != nil {
			return fmt.Errorf("reading assetPaths: %w", err)
		}
		assets := map[string]*types.AssetOrArchive{}
		for name, asset := range found {
			assets[name] = &types.AssetOrArchive{Asset: asset}
		}
		out.Assets = &assets
	}
	if c.inputs.ArchivePaths != nil {
		archive, err := findArchive(folder, *c.inputs.ArchivePaths)
		if err != nil {
			return fmt.Errorf("reading archivePaths: %w", err)
		}
		out.Archive = archive
	}
	return nil
}

func findArchive(folder string, patterns []string) (*resource.Archive, error) {
	found, err := findAssets(folder, patterns)
	if err != nil {
		return nil, err
	}
	entries := map[string]any{}
	for name, asset := range found {
		entries[name] = asset
	}
	return resource.NewAssetArchive(entries)
}

func findAssets(folder string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := parseRules(patterns)
	if err != nil {
		return nil, err
	}
	assets := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !chosen(rules, name) {
			return err
		}
		assets[name], err = resource.NewPathAsset(path.Join(folder, name))
		return err
	})
	return assets, err
}

type rule struct {
	pattern glob.Glob
	exclude bool
}

func parseRules(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, pattern := range patterns {
		text, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(text, '/')
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		rules = append(rules, rule{compiled, exclude})
	}
	return rules, nil
}

// chosen lets the last rule that matches decide.
func chosen(rules []rule, name string) bool {
	verdict := false
	for _, rule := range rules {
		if rule.pattern.Match(name) {
			verdict = !rule.exclude
		}
	}
	return verdict
}

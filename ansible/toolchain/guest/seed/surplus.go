package seed

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"sort"

	"go.yaml.in/yaml/v3"
)

// Surplus lists what a seed asks for beyond what Read understands, so that a node can leave such a seed to cloud-init
// as a whole instead of following half of it. An empty list means that nothing would be ignored.
func Surplus(disk fs.FS) ([]string, error) {
	text, err := fs.ReadFile(disk, "user-data")
	if err != nil {
		return nil, fmt.Errorf("reading the seed's user-data: %w", err)
	}
	if !bytes.HasPrefix(text, []byte("#cloud-config")) {
		return []string{"user-data that is not cloud-config"}, nil
	}
	var user map[string]any
	if err := readYAML(disk, "user-data", &user); err != nil {
		return nil, err
	}
	surplus := surplusKeys("", user, understood)
	network, err := networkSurplus(disk)
	sort.Strings(surplus)
	return append(surplus, network...), err
}

// understood maps a key to whether its value is one that Read follows.
var understood = map[string]func(any) bool{
	"hostname":            always,
	"fqdn":                always,
	"manage_etc_hosts":    equals(true, "localhost"),
	"preserve_hostname":   equals(false),
	"disable_root":        equals(false),
	"ssh_pwauth":          equals(false),
	"ssh_deletekeys":      always,
	"ssh_genkeytypes":     always,
	"ssh_authorized_keys": always,
	"users":               onlyRoot,
	"ssh_keys":            mapOf("ed25519_private", "ed25519_public"),
	"write_files":         listOf("path", "content", "permissions", "encoding", "owner"),
}

func surplusKeys(prefix string, values map[string]any, known map[string]func(any) bool) []string {
	var surplus []string
	for key, value := range values {
		if follow, ok := known[key]; !ok || !follow(value) {
			surplus = append(surplus, prefix+key)
		}
	}
	return surplus
}

func always(any) bool { return true }

func equals(wanted ...any) func(any) bool {
	return func(v any) bool { return slices.Contains(wanted, v) }
}

func mapOf(keys ...string) func(any) bool {
	return func(v any) bool {
		values, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for key := range values {
			if !slices.Contains(keys, key) {
				return false
			}
		}
		return true
	}
}

func listOf(keys ...string) func(any) bool {
	return func(v any) bool {
		members, ok := v.([]any)
		return ok && !slices.ContainsFunc(members, func(m any) bool { return !mapOf(keys...)(m) })
	}
}

func onlyRoot(v any) bool {
	members, ok := v.([]any)
	return ok && !slices.ContainsFunc(members, func(m any) bool {
		user, isMap := m.(map[string]any)
		return !isMap || user["name"] != "root" || !mapOf("name", "ssh_authorized_keys", "lock_passwd")(m)
	})
}

// networkSurplus decodes strictly: every unknown field is an error of the decoder.
func networkSurplus(disk fs.FS) ([]string, error) {
	text, err := fs.ReadFile(disk, "network-config")
	if err != nil {
		return []string{"no network-config"}, nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var doc networkDocument
	if err := decoder.Decode(&doc); err != nil {
		return []string{fmt.Sprintf("network-config: %v", err)}, nil
	}
	var surplus []string
	for name, card := range doc.config().Ethernets {
		if card.DHCP4 || card.DHCP6 || card.Match.MAC == "" {
			surplus = append(surplus, "network-config: card "+name+" is not static")
		}
		for _, r := range card.Routes {
			if r.To != "default" && r.To != "0.0.0.0/0" {
				surplus = append(surplus, "network-config: route to "+r.To)
			}
		}
	}
	return surplus, nil
}

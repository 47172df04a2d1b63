// Package seed reads the NoCloud disk that the portal gives to every machine: user-data, meta-data and
// network-config. It knows the part of cloud-config that concerns a machine's identity (host name, addresses, root's
// keys, the pinned SSH host key) and nothing else.
package seed

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Seed is a machine's identity.
type Seed struct {
	InstanceID string
	Hostname   string
	// AuthorizedKeys are the lines of root's authorized_keys.
	AuthorizedKeys []string
	// HostKey is the pinned private ed25519 host key in OpenSSH's PEM form; empty when the seed pins none.
	HostKey string
	Links   []Link
	Files   []File
}

// File is one member of write_files.
type File struct {
	Path    string
	Content []byte
	Mode    fs.FileMode
}

// Link is the static configuration of one network card, found by its MAC address.
type Link struct {
	MAC         string
	Name        string
	Addresses   []netip.Prefix
	Gateway     netip.Addr
	Nameservers []netip.Addr
	MTU         int
	// LinkLocal says whether the card makes itself an IPv6 link-local address.
	LinkLocal bool
}

// Read parses the three files at the root of a mounted seed disk. Only user-data is required.
func Read(disk fs.FS) (Seed, error) {
	var s Seed
	if err := readMeta(disk, &s); err != nil {
		return Seed{}, err
	}
	if err := readUser(disk, &s); err != nil {
		return Seed{}, err
	}
	return s, readNetwork(disk, &s)
}

func readMeta(disk fs.FS, s *Seed) error {
	var meta struct {
		InstanceID    string `yaml:"instance-id"`
		LocalHostname string `yaml:"local-hostname"`
	}
	if err := readYAML(disk, "meta-data", &meta); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.InstanceID, s.Hostname = meta.InstanceID, meta.LocalHostname
	return nil
}

func readUser(disk fs.FS, s *Seed) error {
	var user struct {
		Hostname       string      `yaml:"hostname"`
		AuthorizedKeys []string    `yaml:"ssh_authorized_keys"`
		Users          []yaml.Node `yaml:"users"`
		Files          []writeFile `yaml:"write_files"`
		HostKeys       struct {
			Ed25519 string `yaml:"ed25519_private"`
		} `yaml:"ssh_keys"`
	}
	if err := readYAML(disk, "user-data", &user); err != nil {
		return err
	}
	if user.Hostname != "" {
		s.Hostname = user.Hostname
	}
	s.HostKey = user.HostKeys.Ed25519
	s.AuthorizedKeys = append(s.AuthorizedKeys, user.AuthorizedKeys...)
	for _, f := range user.Files {
		file, err := f.decode()
		if err != nil {
			return fmt.Errorf("reading the seed's file %s: %w", f.Path, err)
		}
		s.Files = append(s.Files, file)
	}
	keys, err := rootKeys(user.Users)
	s.AuthorizedKeys = append(s.AuthorizedKeys, keys...)
	return err
}

type writeFile struct {
	Path        string `yaml:"path"`
	Content     string `yaml:"content"`
	Permissions string `yaml:"permissions"`
	Encoding    string `yaml:"encoding"`
}

func (f writeFile) decode() (File, error) {
	file := File{Path: f.Path, Content: []byte(f.Content), Mode: 0o644}
	if !strings.HasPrefix(f.Path, "/") {
		return File{}, errors.New("the path is not absolute")
	}
	if f.Permissions != "" {
		mode, err := strconv.ParseUint(f.Permissions, 8, 32)
		if err != nil || mode > 0o777 {
			return File{}, fmt.Errorf("permissions %q are not an octal mode", f.Permissions)
		}
		file.Mode = fs.FileMode(mode)
	}
	switch f.Encoding {
	case "", "text/plain":
		return file, nil
	case "b64", "base64":
		content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(f.Content))
		file.Content = content
		return file, err
	default:
		return File{}, fmt.Errorf("encoding %q is not supported", f.Encoding)
	}
}

// rootKeys skips list members that are plain words ("default") and users other than root.
func rootKeys(users []yaml.Node) ([]string, error) {
	var keys []string
	for _, node := range users {
		if node.Kind != yaml.MappingNode {
			continue
		}
		var user struct {
			Name           string   `yaml:"name"`
			AuthorizedKeys []string `yaml:"ssh_authorized_keys"`
		}
		if err := node.Decode(&user); err != nil {
			return nil, fmt.Errorf("reading the users of the seed's user-data: %w", err)
		}
		if user.Name == "root" {
			keys = append(keys, user.AuthorizedKeys...)
		}
	}
	return keys, nil
}

type ethernet struct {
	Match struct {
		MAC string `yaml:"macaddress"`
	} `yaml:"match"`
	SetName   string   `yaml:"set-name"`
	DHCP4     bool     `yaml:"dhcp4"`
	DHCP6     bool     `yaml:"dhcp6"`
	AcceptRA  bool     `yaml:"accept-ra"`
	LinkLocal []string `yaml:"link-local"`
	MTU       int      `yaml:"mtu"`
	Addresses []string `yaml:"addresses"`
	Gateway4  string   `yaml:"gateway4"`
	Routes    []struct {
		To  string `yaml:"to"`
		Via string `yaml:"via"`
	} `yaml:"routes"`
	Nameservers struct {
		Addresses []string `yaml:"addresses"`
	} `yaml:"nameservers"`
}

type networkConfig struct {
	Version   int                 `yaml:"version"`
	Ethernets map[string]ethernet `yaml:"ethernets"`
}

// networkDocument may be bare or wrapped in `network:`; both are in use.
type networkDocument struct {
	networkConfig `yaml:",inline"`
	Network       *networkConfig `yaml:"network"`
}

func (d networkDocument) config() networkConfig {
	if d.Network != nil {
		return *d.Network
	}
	return d.networkConfig
}

func readNetwork(disk fs.FS, s *Seed) error {
	var doc networkDocument
	if err := readYAML(disk, "network-config", &doc); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	config := doc.config()
	if config.Version != 2 {
		return fmt.Errorf("reading the seed's network-config: version %d is not supported, 2 is", config.Version)
	}
	for name, card := range config.Ethernets {
		link, err := card.link(name)
		if err != nil {
			return fmt.Errorf("reading the seed's network-config, card %s: %w", name, err)
		}
		s.Links = append(s.Links, link)
	}
	return nil
}

func (e ethernet) link(name string) (Link, error) {
	l := Link{MAC: strings.ToLower(e.Match.MAC), Name: e.SetName, MTU: e.MTU}
	// Absent means the usual, ipv6; an empty list means none.
	l.LinkLocal = e.LinkLocal == nil || slices.Contains(e.LinkLocal, "ipv6")
	if l.Name == "" {
		l.Name = name
	}
	for _, text := range e.Addresses {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return Link{}, err
		}
		l.Addresses = append(l.Addresses, prefix)
	}
	for _, text := range e.Nameservers.Addresses {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return Link{}, err
		}
		l.Nameservers = append(l.Nameservers, addr)
	}
	gateway := e.gateway()
	if gateway == "" {
		return l, nil
	}
	addr, err := netip.ParseAddr(gateway)
	l.Gateway = addr
	return l, err
}

func (e ethernet) gateway() string {
	for _, r := range e.Routes {
		if r.To == "default" || r.To == "0.0.0.0/0" {
			return r.Via
		}
	}
	return e.Gateway4
}

func readYAML(disk fs.FS, name string, into any) error {
	text, err := fs.ReadFile(disk, name)
	if err != nil {
		return fmt.Errorf("reading the seed's %s: %w", name, err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the seed's %s: %w", name, err)
	}
	return nil
}

package seed

import (
	"strings"
	"testing"
	"testing/fstest"
)

func disk(user, network string) fstest.MapFS {
	files := fstest.MapFS{"meta-data": {Data: []byte("instance-id: a1\nlocal-hostname: from-meta\n")}}
	if user != "" {
		files["user-data"] = &fstest.MapFile{Data: []byte(user)}
	}
	if network != "" {
		files["network-config"] = &fstest.MapFile{Data: []byte(network)}
	}
	return files
}

const user = `#cloud-config
hostname: cp1
users:
- default
- name: someone
  ssh_authorized_keys: [theirs]
- name: root
  ssh_authorized_keys: [ours]
ssh_keys:
  ed25519_private: |
    KEY
`

const network = `version: 2
ethernets:
  card:
    match: {macaddress: "52:54:00:AA:01:0A"}
    set-name: eth0
    addresses: [10.91.0.10/24]
    routes: [{to: default, via: 10.91.0.1}]
    nameservers: {addresses: [10.91.0.1]}
`

func TestReadTakesTheWholeIdentity(t *testing.T) {
	for name, document := range map[string]string{
		"bare":    network,
		"wrapped": "network:\n  " + strings.ReplaceAll(network, "\n", "\n  "),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(disk(user, document))
			if err != nil {
				t.Fatal(err)
			}
			if s.InstanceID != "a1" || s.Hostname != "cp1" || s.HostKey != "KEY\n" {
				t.Errorf("identity: %+v", s)
			}
			if len(s.AuthorizedKeys) != 1 || s.AuthorizedKeys[0] != "ours" {
				t.Errorf("root's keys: %v", s.AuthorizedKeys)
			}
			if len(s.Links) != 1 {
				t.Fatalf("cards: %v", s.Links)
			}
			l := s.Links[0]
			if l.MAC != "52:54:00:aa:01:0a" || l.Name != "eth0" || l.Addresses[0].String() != "10.91.0.10/24" ||
				l.Gateway.String() != "10.91.0.1" || l.Nameservers[0].String() != "10.91.0.1" {
				t.Errorf("card: %+v", l)
			}
		})
	}
}

func TestReadRefusesWhatItCannotFollow(t *testing.T) {
	for name, c := range map[string]struct{ user, network, want string }{
		"no user-data":     {"", network, "user-data"},
		"broken user-data": {"hostname: [", network, "user-data"},
		"version 1":        {user, "version: 1\nconfig: []\n", "version 1 is not supported"},
		"bad address":      {user, strings.Replace(network, "10.91.0.10/24", "10.91.0.10", 1), "card card"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(disk(c.user, c.network))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestSurplusIsEmptyForTheSeedsOfThePortal(t *testing.T) {
	whole := user + "manage_etc_hosts: true\ndisable_root: false\nssh_pwauth: false\nssh_genkeytypes: []\nwrite_files:\n- {path: /etc/x, content: aGk=, encoding: b64, permissions: '0600'}\n"
	whole = strings.Replace(whole, "- default\n- name: someone\n  ssh_authorized_keys: [theirs]\n", "", 1)
	surplus, err := Surplus(disk(whole, network+"    dhcp4: false\n    dhcp6: false\n    link-local: []\n"))
	if err != nil || len(surplus) != 0 {
		t.Errorf("surplus %v, error %v", surplus, err)
	}
	s, err := Read(disk(whole, network))
	if err != nil || len(s.Files) != 1 || string(s.Files[0].Content) != "hi" || s.Files[0].Mode != 0o600 {
		t.Errorf("files %v, error %v", s.Files, err)
	}
}

func TestSurplusNamesWhatWouldBeIgnored(t *testing.T) {
	for name, c := range map[string]struct{ user, network, want string }{
		"a command":       {"#cloud-config\nruncmd: [date]\n", network, "runcmd"},
		"another user":    {user, network, "users"},
		"passwords":       {"#cloud-config\nssh_pwauth: true\n", network, "ssh_pwauth"},
		"a script":        {"#!/bin/sh\n", network, "not cloud-config"},
		"dhcp":            {"#cloud-config\n", network + "    dhcp4: true\n", "not static"},
		"an unknown line": {"#cloud-config\n", network + "    wakeonlan: true\n", "wakeonlan"},
		"more routes":     {"#cloud-config\n", strings.Replace(network, "to: default", "to: 10.0.0.0/8", 1), "10.0.0.0/8"},
	} {
		t.Run(name, func(t *testing.T) {
			surplus, err := Surplus(disk(c.user, c.network))
			if err != nil || !strings.Contains(strings.Join(surplus, " "), c.want) {
				t.Errorf("surplus %v, error %v; want %q", surplus, err, c.want)
			}
		})
	}
}

// berth-seed gives a node its identity from its seed disk, at the very start of the boot: host name, network cards,
// root's keys and the pinned SSH host key. cloud-init does the same and much more, in half a minute of Python where
// there is no hardware virtualisation; so a seed that asks for nothing else is followed here, and any other is left to
// cloud-init untouched.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"berth.invalid/guest/seed"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

const (
	device = "/dev/vdb"
	folder = "/run/berth/seed"
	// marker tells cloud-init's units that they are not needed; see the role node_image.
	marker = "/run/berth/seeded"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "berth-seed: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	if err := mount(); err != nil {
		return fmt.Errorf("mounting the seed disk: %w", err)
	}
	defer func() { _ = unix.Unmount(folder, 0) }()
	disk := os.DirFS(folder)
	surplus, err := seed.Surplus(disk)
	if err != nil {
		return err
	}
	if len(surplus) > 0 {
		fmt.Printf("berth-seed: left to cloud-init, because of %s\n", strings.Join(surplus, ", "))
		return nil
	}
	s, err := seed.Read(disk)
	if err != nil {
		return err
	}
	for _, step := range []func(seed.Seed) error{takeName, takeNetwork, takeHostKey, takeKeys, writeFiles} {
		if err := step(s); err != nil {
			return err
		}
	}
	fmt.Printf("berth-seed: this machine is %s\n", describe(s))
	return os.WriteFile(marker, nil, 0o644)
}

func mount() error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var reasons error
	for _, kind := range []string{"iso9660", "vfat"} {
		err := unix.Mount(device, folder, kind, unix.MS_RDONLY|unix.MS_NODEV|unix.MS_NOEXEC|unix.MS_NOSUID, "")
		if err == nil {
			return nil
		}
		reasons = errors.Join(reasons, fmt.Errorf("as %s: %w", kind, err))
	}
	return reasons
}

func describe(s seed.Seed) string {
	words := []string{s.Hostname}
	for _, l := range s.Links {
		for _, a := range l.Addresses {
			words = append(words, a.String())
		}
	}
	return strings.Join(words, " ")
}

func takeName(s seed.Seed) error {
	if s.Hostname == "" {
		return errors.New("the seed names no host name")
	}
	if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	if err := write("/etc/hostname", s.Hostname+"\n", 0o644); err != nil {
		return err
	}
	return write("/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 "+s.Hostname+"\n::1 localhost ip6-localhost ip6-loopback\n", 0o644)
}

// takeNetwork writes to /run: the seed is read again at every boot, so an address that changed leaves nothing behind.
func takeNetwork(s seed.Seed) error {
	for _, l := range s.Links {
		base := "/run/systemd/network/10-berth-" + l.Name
		if err := write(base+".link", linkFile(l), 0o644); err != nil {
			return err
		}
		if err := write(base+".network", networkFile(l), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func takeHostKey(s seed.Seed) error {
	const path = "/etc/ssh/ssh_host_ed25519_key"
	if s.HostKey == "" {
		return ensureHostKey(path)
	}
	signer, err := ssh.ParsePrivateKey([]byte(s.HostKey))
	if err != nil {
		return fmt.Errorf("reading the seed's SSH host key: %w", err)
	}
	if err := write(path, s.HostKey, 0o600); err != nil {
		return err
	}
	return write(path+".pub", string(ssh.MarshalAuthorizedKey(signer.PublicKey())), 0o644)
}

func ensureHostKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path).CombinedOutput(); err != nil {
		return fmt.Errorf("making an SSH host key: %w: %s", err, out)
	}
	return nil
}

func takeKeys(s seed.Seed) error {
	if err := os.MkdirAll("/root/.ssh", 0o700); err != nil {
		return err
	}
	return write("/root/.ssh/authorized_keys", strings.Join(s.AuthorizedKeys, "\n")+"\n", 0o600)
}

func writeFiles(s seed.Seed) error {
	for _, f := range s.Files {
		if err := write(f.Path, string(f.Content), f.Mode); err != nil {
			return err
		}
	}
	return nil
}

// write replaces the file at once, so that a power cut leaves the old or the new one.
func write(path, text string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return os.Chmod(path, mode)
	}
	next := path + ".berth-new"
	if err := os.WriteFile(next, []byte(text), mode); err != nil {
		return err
	}
	if err := os.Chmod(next, mode); err != nil { // the umask may have taken bits away
		return err
	}
	return os.Rename(next, path)
}

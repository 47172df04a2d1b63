package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"berth.invalid/guest/seed"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

const (
	seedDisk   = "/dev/vdb"
	seedFolder = "/run/seed"
	rootDisk   = "/dev/vda"
	// diskFolder is where the machine's own disk is mounted: what is written there survives a reboot.
	diskFolder = "/disk"
	deviceWait = 10 * time.Second
)

// becomeMachine reads the seed, takes on its identity and serves SSH; it returns only with an error.
func becomeMachine() error {
	if err := mountDisk(seedDisk, seedFolder, "iso9660", unix.MS_RDONLY); err != nil {
		return fmt.Errorf("mounting the seed disk: %w", err)
	}
	identity, err := seed.Read(os.DirFS(seedFolder))
	if err != nil {
		return err
	}
	if err := mountDisk(rootDisk, diskFolder, "ext4", 0); err != nil {
		say("mounting the machine's disk: %v", err)
	}
	if err := takeNames(identity); err != nil {
		return err
	}
	for _, link := range identity.Links {
		if err := bringUp(link); err != nil {
			return err
		}
	}
	hostKey, err := hostSigner(identity.HostKey)
	if err != nil {
		return err
	}
	return listen(hostKey, identity.AuthorizedKeys)
}

func mountDisk(device, folder, kind string, flags uintptr) error {
	if err := await(device); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return unix.Mount(device, folder, kind, flags, "")
}

// await polls, because there is no udev here to say that a device has come.
func await(path string) error {
	for end := time.Now().Add(deviceWait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s did not appear within %s", path, deviceWait)
}

func takeNames(s seed.Seed) error {
	if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	resolv := ""
	for _, l := range s.Links {
		for _, n := range l.Nameservers {
			resolv += "nameserver " + n.String() + "\n"
		}
	}
	files := map[string]string{
		"/etc/hostname":    s.Hostname + "\n",
		"/etc/hosts":       "127.0.0.1 localhost\n127.0.1.1 " + s.Hostname + "\n",
		"/etc/resolv.conf": resolv,
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	say("host name %s", s.Hostname)
	return nil
}

func bringUp(l seed.Link) error {
	device, err := cardWithMAC(l.MAC)
	if err != nil {
		return err
	}
	steps := [][]string{{"link", "set", "lo", "up"}}
	if l.MTU > 0 {
		steps = append(steps, []string{"link", "set", device, "mtu", fmt.Sprint(l.MTU)})
	}
	for _, a := range l.Addresses {
		steps = append(steps, []string{"addr", "add", a.String(), "dev", device})
	}
	steps = append(steps, []string{"link", "set", device, "up"})
	if l.Gateway.IsValid() {
		steps = append(steps, []string{"route", "add", "default", "via", l.Gateway.String()})
	}
	for _, step := range steps {
		if out, err := exec.Command(busybox, append([]string{"ip"}, step...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(step, " "), err, strings.TrimSpace(string(out)))
		}
	}
	say("%s has %v", device, l.Addresses)
	return nil
}

func cardWithMAC(mac string) (string, error) {
	for end := time.Now().Add(deviceWait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob("/sys/class/net/*/address")
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil && strings.TrimSpace(string(text)) == mac {
				return filepath.Base(filepath.Dir(file)), nil
			}
		}
	}
	return "", fmt.Errorf("no network card has the address %s", mac)
}

func hostSigner(pem string) (ssh.Signer, error) {
	if pem != "" {
		signer, err := ssh.ParsePrivateKey([]byte(pem))
		if err != nil {
			return nil, fmt.Errorf("reading the seed's SSH host key: %w", err)
		}
		return signer, nil
	}
	say("the seed pins no host key: making one")
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

func listen(hostKey ssh.Signer, authorized []string) error {
	config, err := serverConfig(hostKey, authorized)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":22")
	if err != nil {
		return err
	}
	say("SSH is up, host key %s, %d authorized keys", ssh.FingerprintSHA256(hostKey.PublicKey()), len(authorized))
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go serveConnection(conn, config)
	}
}

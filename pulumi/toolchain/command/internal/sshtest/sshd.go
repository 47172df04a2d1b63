// Package sshtest runs real SSH servers on loopback ports for tests: OpenSSH's sshd, with keys, configuration and
// folders of the test's own.
package sshtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// Sshd is one server. It may be started later than it is made, to be waited for.
type Sshd struct {
	Port int
	User string
	// HostKey and ClientKey are in the formats of the inputs hostKey and privateKey.
	HostKey, ClientKey string

	t       *testing.T
	folder  string
	process *exec.Cmd
	log     *lockedBuffer
}

// New makes a server with an ed25519 host key, not yet started.
func New(t *testing.T) *Sshd {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	return newWithHostKey(t, key)
}

// NewRSA makes a server whose only host key is an RSA key.
func NewRSA(t *testing.T) *Sshd {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return newWithHostKey(t, key)
}

// Started makes a server and starts it.
func Started(t *testing.T) *Sshd {
	server := New(t)
	server.Start()
	return server
}

func newWithHostKey(t *testing.T, hostKey any) *Sshd {
	t.Helper()
	current, err := user.Current()
	must(t, err)
	server := &Sshd{Port: freePort(t), User: current.Username, t: t, folder: t.TempDir(), log: &lockedBuffer{}}
	server.HostKey = server.writeKey("host", hostKey)
	_, clientKey, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	public := server.writeKey("client", clientKey)
	must(t, os.WriteFile(server.path("authorized_keys"), []byte(public), 0o600))
	private, err := os.ReadFile(server.path("client"))
	must(t, err)
	server.ClientKey = string(private)
	return server
}

// Start runs the server until the test ends and waits until it listens.
func (s *Sshd) Start() {
	s.t.Helper()
	// sshd refuses to run as root without this folder, which the init system makes elsewhere.
	if os.Geteuid() == 0 {
		must(s.t, os.MkdirAll("/run/sshd", 0o755))
	}
	must(s.t, os.WriteFile(s.path("config"), []byte(s.config()), 0o600))
	s.process = exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", s.path("config"))
	s.process.Stderr = s.log
	if err := s.process.Start(); err != nil {
		s.t.Fatalf("starting sshd (Debian package openssh-server): %v", err)
	}
	s.t.Cleanup(s.Stop)
	s.waitUntilListening()
}

// Stop ends the server and the connections it has.
func (s *Sshd) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
	if s.t.Failed() {
		s.t.Logf("sshd said:\n%s", s.log.String())
	}
}

// Log returns what the server has said so far.
func (s *Sshd) Log() string { return s.log.String() }

func (s *Sshd) config() string {
	return strings.Join([]string{
		"ListenAddress 127.0.0.1",
		fmt.Sprintf("Port %d", s.Port),
		"HostKey " + s.path("host"),
		"AuthorizedKeysFile " + s.path("authorized_keys"),
		"StrictModes no",
		"PidFile none",
		"UsePAM no",
		"UseDNS no",
		"PermitRootLogin yes",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"AcceptEnv BERTH_* PULUMI_COMMAND_*",
		"MaxStartups 100",
		"Subsystem sftp internal-sftp",
		"LogLevel VERBOSE",
	}, "\n") + "\n"
}

func (s *Sshd) waitUntilListening() {
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(s.log.String(), "Server listening on") {
		if time.Now().After(deadline) {
			s.t.Fatalf("sshd does not listen; it said:\n%s", s.log.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// writeKey writes the private key to a file and returns the public one.
func (s *Sshd) writeKey(name string, key any) string {
	s.t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	must(s.t, err)
	must(s.t, os.WriteFile(s.path(name), pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromKey(key)
	must(s.t, err)
	return string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

func (s *Sshd) path(name string) string { return filepath.Join(s.folder, name) }

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(chunk []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(chunk)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

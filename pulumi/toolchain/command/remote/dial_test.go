package remote

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth.invalid/engine/command/internal/sshtest"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func dialled(t *testing.T, connection *Connection) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	client, err := connection.dial(ctx, newWatcher())
	if err == nil {
		_ = client.Close()
	}
	return err
}

func TestAWrongHostKeyFailsAtOnce(t *testing.T) {
	server, other := sshtest.Started(t), sshtest.New(t)
	connection := connectionTo(server)
	connection.HostKey = ptr(other.HostKey)
	connection.DialErrorLimit = ptr(-1)
	err := dialled(t, connection)
	var mismatch *HostKeyError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v", err)
	}
	if connections := strings.Count(server.Log(), "Connection from"); connections != 1 {
		t.Errorf("%d connections were made", connections)
	}
}

func TestAHostKeyOfAnotherKindFailsAtOnce(t *testing.T) {
	server, other := sshtest.NewRSA(t), sshtest.New(t)
	server.Start()
	connection := connectionTo(server)
	connection.HostKey = ptr(other.HostKey)
	connection.DialErrorLimit = ptr(-1)
	if err := dialled(t, connection); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAnRSAHostKeyIsAccepted(t *testing.T) {
	server := sshtest.NewRSA(t)
	server.Start()
	if err := dialled(t, connectionTo(server)); err != nil {
		t.Error(err)
	}
}

func TestWithoutAHostKeyAnyIsAccepted(t *testing.T) {
	connection := connectionTo(sshtest.Started(t))
	connection.HostKey = nil
	if err := dialled(t, connection); err != nil {
		t.Error(err)
	}
}

func TestAMachineThatComesUpLaterIsWaitedForAndReportedOnce(t *testing.T) {
	server := sshtest.New(t)
	connection := connectionTo(server)
	connection.DialErrorLimit = ptr(-1)
	shown := newWatcher()
	done := make(chan error, 1)
	go func() {
		client, err := connection.dial(t.Context(), shown)
		if err == nil {
			err = client.Close()
		}
		done <- err
	}()
	shown.until(t, "connection refused")
	// Long enough for several dials that are all refused in the same way.
	time.Sleep(2 * time.Second)
	server.Start()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	lines := shown.seen()
	if len(lines) != 2 || !strings.Contains(lines[0], "waiting for 127.0.0.1:") ||
		!strings.Contains(lines[1], "connected to 127.0.0.1:") {
		t.Errorf("shown: %q", lines)
	}
}

func TestDialsAreLimited(t *testing.T) {
	connection := connectionTo(sshtest.New(t))
	connection.DialErrorLimit = ptr(2)
	err := dialled(t, connection)
	if err == nil || !strings.Contains(err.Error(), "gave up after 3 dials") ||
		!strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestCancelEndsTheWaiting(t *testing.T) {
	connection := connectionTo(sshtest.New(t))
	connection.DialErrorLimit = ptr(-1)
	ctx, cancel := context.WithCancel(t.Context())
	shown := newWatcher()
	go func() { shown.until(t, "waiting for"); cancel() }()
	if _, err := connection.dial(ctx, shown); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAMachineThatSaysNothingIsGivenUpAfterTheTimeLimit(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	connection := connectionTo(sshtest.New(t))
	connection.Port = ptr(float64(listener.Addr().(*net.TCPAddr).Port))
	connection.PerDialTimeout = ptr(1)
	started := time.Now()
	if err := dialled(t, connection); err == nil || time.Since(started) > 10*time.Second {
		t.Errorf("got %v after %s", err, time.Since(started))
	}
}

func TestThroughABastion(t *testing.T) {
	bastion, machine := sshtest.Started(t), sshtest.Started(t)
	connection := connectionTo(machine)
	connection.Proxy = &ProxyConnection{Endpoint: endpointOf(bastion)}
	got := mustRun(t, call{step: "create", script: "echo $SSH_CONNECTION", inputs: CommandInputs{Connection: connection}})
	if !strings.HasPrefix(got.Stdout, "127.0.0.1 ") {
		t.Errorf("got %q", got.Stdout)
	}
	if !strings.Contains(machine.Log(), "Accepted publickey") || !strings.Contains(bastion.Log(), "Accepted publickey") {
		t.Error("the connection did not go through the bastion")
	}
}

func TestBehindABastionTheMachineIsWaitedFor(t *testing.T) {
	bastion, machine := sshtest.Started(t), sshtest.New(t)
	connection := connectionTo(machine)
	connection.DialErrorLimit = ptr(-1)
	connection.Proxy = &ProxyConnection{Endpoint: endpointOf(bastion)}
	shown := newWatcher()
	go func() { shown.until(t, "the bastion cannot reach it"); machine.Start() }()
	client, err := connection.dial(t.Context(), shown)
	if err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
	if logins := strings.Count(bastion.Log(), "Accepted publickey"); logins != 1 {
		t.Errorf("the bastion was logged in to %d times", logins)
	}
}

func TestAWrongHostKeyOfTheBastionFailsAtOnce(t *testing.T) {
	bastion, machine := sshtest.Started(t), sshtest.Started(t)
	connection := connectionTo(machine)
	connection.DialErrorLimit = ptr(-1)
	connection.Proxy = &ProxyConnection{Endpoint: endpointOf(bastion)}
	connection.Proxy.HostKey = ptr(machine.HostKey)
	var mismatch *HostKeyError
	if err := dialled(t, connection); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "bastion") {
		t.Errorf("got %v", err)
	}
}

func TestAnEncryptedPrivateKeyIsOpenedByItsPassword(t *testing.T) {
	server := sshtest.Started(t)
	key, err := ssh.ParseRawPrivateKey([]byte(server.ClientKey))
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	connection := connectionTo(server)
	connection.PrivateKey = ptr(string(pem.EncodeToMemory(block)))
	if err := dialled(t, connection); err == nil || !strings.Contains(err.Error(), "reading the private key") {
		t.Errorf("without the password: %v", err)
	}
	connection.PrivateKeyPassword = ptr("open sesame")
	if err := dialled(t, connection); err != nil {
		t.Errorf("with the password: %v", err)
	}
}

func TestAnAgentLogsIn(t *testing.T) {
	server := sshtest.Started(t)
	key, err := ssh.ParseRawPrivateKey([]byte(server.ClientKey))
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, ring)
	connection := connectionTo(server)
	connection.PrivateKey = nil
	connection.AgentSocketPath = ptr(socket)
	if err := dialled(t, connection); err != nil {
		t.Errorf("by its path: %v", err)
	}
	connection.AgentSocketPath = nil
	t.Setenv("SSH_AUTH_SOCK", socket)
	if err := dialled(t, connection); err != nil {
		t.Errorf("by the environment: %v", err)
	}
	connection.AgentSocketPath = ptr(socket + "-missing")
	if err := dialled(t, connection); err == nil || !strings.Contains(err.Error(), "SSH agent") {
		t.Errorf("missing: %v", err)
	}
}

func serveAgent(t *testing.T, ring agent.Agent) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, connection) }()
		}
	}()
	return socket
}

// The machine's accounts have no passwords to test with, so these two run against a server of the SSH library.
func TestPasswords(t *testing.T) {
	for name, offer := range map[string]func(*ssh.ServerConfig){
		"asked for": func(config *ssh.ServerConfig) {
			config.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
				return nil, expectPassword(string(password))
			}
		},
		"as an answer": func(config *ssh.ServerConfig) {
			config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
				answers, err := ask("", "", []string{"Password: "}, []bool{false})
				if err != nil {
					return nil, err
				}
				return nil, expectPassword(strings.Join(answers, " "))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			connection := &Connection{Endpoint: Endpoint{
				Host: ptr("127.0.0.1"), Port: ptr(float64(serveLogin(t, offer))), DialErrorLimit: ptr(0),
			}}
			connection.Password = ptr("right")
			if err := dialled(t, connection); err != nil {
				t.Error(err)
			}
			connection.Password = ptr("wrong")
			if err := dialled(t, connection); err == nil || strings.Contains(err.Error(), "wrong") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func expectPassword(got string) error {
	if got != "right" {
		return errors.New("no")
	}
	return nil
}

func serveLogin(t *testing.T, offer func(*ssh.ServerConfig)) int {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{}
	config.AddHostKey(signer)
	offer(config)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _, _, _ = ssh.NewServerConn(connection, config) }()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

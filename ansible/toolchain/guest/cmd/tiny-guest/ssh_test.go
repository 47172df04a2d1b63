package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// connect starts a server that knows one key, and dials it with the given user and key.
func connect(t *testing.T, user string, known, offered ssh.Signer) (*ssh.Client, error) {
	t.Helper()
	home = t.TempDir()
	hostKey := newSigner(t)
	config, err := serverConfig(hostKey, []string{string(ssh.MarshalAuthorizedKey(known.PublicKey()))})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			serveConnection(conn, config)
		}
	}()
	return ssh.Dial("tcp", listener.Addr().String(), &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(offered)},
		HostKeyCallback: ssh.FixedHostKey(hostKey.PublicKey()), Timeout: 10 * time.Second,
	})
}

func newSession(t *testing.T) *ssh.Session {
	t.Helper()
	key := newSigner(t)
	client, err := connect(t, "root", key, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestOnlyRootWithAKnownKeyComesIn(t *testing.T) {
	known := newSigner(t)
	if _, err := connect(t, "root", known, newSigner(t)); err == nil {
		t.Error("a foreign key was let in")
	}
	if _, err := connect(t, "someone", known, known); err == nil {
		t.Error("a user other than root was let in")
	}
}

func TestACommandHasStreamsEnvironmentAndExitStatus(t *testing.T) {
	session := newSession(t)
	var out, errors_ bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader("input"), &out, &errors_
	if err := session.Setenv("GREETING", "hello"); err != nil {
		t.Fatal(err)
	}
	err := session.Run(`cat; echo "$GREETING" >&2; exit 7`)
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.ExitStatus() != 7 {
		t.Errorf("ended with %v, want status 7", err)
	}
	if out.String() != "input" || errors_.String() != "hello\n" {
		t.Errorf("output %q, error output %q", out.String(), errors_.String())
	}
}

func TestASignalReachesTheCommandAndIsReported(t *testing.T) {
	session := newSession(t)
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("echo started; exec sleep 600"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	if err := session.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.Signal() != "TERM" {
		t.Errorf("ended with %v, want signal TERM", err)
	}
}

func TestClosingTheChannelEndsEverythingThatItStarted(t *testing.T) {
	session := newSession(t)
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// The shell ignores the polite signal and has a child: only killing the group ends both.
	if err := session.Start(`trap "" TERM; sleep 600 & echo $!; wait; wait`); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 32)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	child := "/proc/" + strings.TrimSpace(string(line[:n]))
	if _, err := os.Stat(child); err != nil {
		t.Fatalf("the child does not run: %v", err)
	}
	_ = session.Close()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		state, err := os.ReadFile(child + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
	}
	t.Error("the child still runs")
}

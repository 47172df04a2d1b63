package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// home is where commands start; a variable for the sake of tests.
var home = "/root"

// graceTime is how long a process group whose channel was closed may clean up before it is killed.
const graceTime = 2 * time.Second

func serverConfig(hostKey ssh.Signer, authorized []string) (*ssh.ServerConfig, error) {
	var keys [][]byte
	for _, line := range authorized {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("reading an authorized key of the seed: %w", err)
		}
		keys = append(keys, key.Marshal())
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(meta ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		for _, key := range keys {
			if meta.User() == "root" && bytes.Equal(key, offered.Marshal()) {
				return &ssh.Permissions{}, nil
			}
		}
		return nil, errors.New("not an authorized key of root")
	}}
	config.AddHostKey(hostKey)
	return config, nil
}

func serveConnection(conn net.Conn, config *ssh.ServerConfig) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return // a port probe or a wrong key: nothing worth a console line
	}
	defer func() { _ = server.Close() }()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only sessions are served")
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go serveSession(channel, requests)
	}
}

// session is one channel: at most one command, with the environment asked for before it.
type session struct {
	channel ssh.Channel
	env     []string
	command *exec.Cmd
	ended   chan struct{}
}

// serveSession answers requests until the client closes the channel or the connection breaks.
func serveSession(channel ssh.Channel, requests <-chan *ssh.Request) {
	s := &session{channel: channel, env: []string{"PATH=/bin", "HOME=/root", "USER=root", "SHELL=/bin/sh"}, ended: make(chan struct{})}
	for r := range requests {
		ok := s.answer(r)
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if ok && s.command != nil && (r.Type == "exec" || r.Type == "shell") {
			go s.run()
		}
	}
	s.abandon()
}

func (s *session) answer(r *ssh.Request) bool {
	switch r.Type {
	case "env":
		var pair struct{ Name, Value string }
		if ssh.Unmarshal(r.Payload, &pair) != nil {
			return false
		}
		s.env = append(s.env, pair.Name+"="+pair.Value)
		return true
	case "exec":
		var wanted struct{ Command string }
		return ssh.Unmarshal(r.Payload, &wanted) == nil && s.prepare("-c", wanted.Command)
	case "shell":
		return s.prepare()
	case "signal":
		var wanted struct{ Name string }
		return ssh.Unmarshal(r.Payload, &wanted) == nil && s.signal(wanted.Name)
	default:
		return false
	}
}

func (s *session) prepare(args ...string) bool {
	if s.command != nil {
		return false
	}
	s.command = exec.Command("/bin/sh", args...)
	s.command.Dir = home
	s.command.Env = s.env
	s.command.Stdout, s.command.Stderr = s.channel, s.channel.Stderr()
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := s.command.StdinPipe()
	if err != nil {
		return false
	}
	if err := s.command.Start(); err != nil {
		say("starting a command: %v", err)
		return false
	}
	go func() {
		_, _ = io.Copy(stdin, s.channel)
		_ = stdin.Close()
	}()
	return true
}

// run waits for the command and reports how it ended, in the two forms of RFC 4254.
func (s *session) run() {
	defer func() { _ = s.channel.Close() }()
	defer close(s.ended)
	err := s.command.Wait()
	status, ok := s.command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok {
		say("waiting for a command: %v", err)
		return
	}
	if status.Signaled() {
		_, _ = s.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Name          string
			Core          bool
			Message, Lang string
		}{Name: signalName(status.Signal()), Core: status.CoreDump(), Message: status.Signal().String()}))
		return
	}
	_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(status.ExitStatus())}))
}

// abandon ends a command whose client has gone, with everything it started.
func (s *session) abandon() {
	if s.command == nil {
		return
	}
	select {
	case <-s.ended:
		return
	default:
	}
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(graceTime):
	}
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
}

var signals = map[string]syscall.Signal{
	"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT,
	"KILL": syscall.SIGKILL, "PIPE": syscall.SIGPIPE, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
}

func (s *session) signal(name string) bool {
	number, known := signals[name]
	return known && s.command != nil && syscall.Kill(-s.command.Process.Pid, number) == nil
}

func signalName(number syscall.Signal) string {
	for name, s := range signals {
		if s == number {
			return name
		}
	}
	return fmt.Sprintf("SIG%d@berth", int(number))
}

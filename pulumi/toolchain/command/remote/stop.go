package remote

import (
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	// How long a command may take to end after SIGTERM before SIGKILL, and after that before we hang up.
	graceAfterTerm = 5 * time.Second
	graceAfterKill = 2 * time.Second
	// How long the server may take to answer whether it passes a signal on.
	graceForAnswer = 2 * time.Second
)

// killSiblings runs in a second session of the same connection: the server's process is the parent of both shells, and
// each leads a process group of its own. Servers with one process for all connections exist, so the connection that
// the environment names must be the same too. It is written for dash, bash and busybox alike.
const killSiblings = `exec /bin/sh -c '
[ -n "$SSH_CONNECTION" ] || exit 1
of_parent() { while read -r key value; do [ "$key $value" = "PPid: $PPID" ] && return 0; done <"$1/status"; return 1; }
of_connection() { tr "\0" "\n" <"$1/environ" | grep -qxF "SSH_CONNECTION=$SSH_CONNECTION"; }
for process in /proc/[0-9]*; do
	pid=${process#/proc/}
	[ "$pid" != $$ ] && of_parent "$process" && of_connection "$process" && kill -%s "-$pid"
done 2>/dev/null'`

// stop tells the remote process group to end, insists, and hangs up. It returns when nothing more can be printed.
func stop(client *link, session *ssh.Session, ended <-chan error) {
	for _, step := range []struct {
		signal ssh.Signal
		grace  time.Duration
	}{{ssh.SIGTERM, graceAfterTerm}, {ssh.SIGKILL, graceAfterKill}} {
		// Beside us: a dead network must not hold us here.
		go send(client, session, step.signal)
		select {
		case <-ended:
			return
		case <-time.After(step.grace):
		}
	}
	_ = client.Close()
	<-ended
}

// send asks the server to pass the signal on. OpenSSH declines for sessions of root, which have no monitor process of
// their own; then the signal is sent from a second session.
func send(client *link, session *ssh.Session, signal ssh.Signal) {
	answer := make(chan bool, 1)
	go func() {
		passedOn, err := session.SendRequest("signal", true, ssh.Marshal(struct{ Name string }{string(signal)}))
		answer <- passedOn || err != nil
	}()
	select {
	case done := <-answer:
		if done {
			return
		}
	case <-time.After(graceForAnswer):
		return
	}
	second, err := client.NewSession()
	if err != nil {
		return
	}
	defer second.Close()
	_ = second.Run(fmt.Sprintf(killSiblings, signal))
}

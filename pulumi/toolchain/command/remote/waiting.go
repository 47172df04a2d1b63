package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// waiting tells a person what is being waited for: once for every change, not once for every dial.
type waiting struct {
	address string
	report  reporter
	since   time.Time
	state   string
}

func newWaiting(address string, report reporter) *waiting {
	return &waiting{address: address, report: report, since: time.Now()}
}

func (w *waiting) because(err error) {
	state := stateOf(err)
	if state == w.state {
		return
	}
	w.state = state
	w.report.InfoStatus(fmt.Sprintf("waiting for %s: %s", w.address, state))
}

func (w *waiting) over(dials int) {
	if w.state == "" {
		return
	}
	elapsed := time.Since(w.since).Round(100 * time.Millisecond)
	w.report.InfoStatus(fmt.Sprintf("connected to %s after %s, %d dials", w.address, elapsed, dials))
}

// stateOf names what went wrong without what differs from dial to dial, such as our own port.
func stateOf(err error) string {
	var refused *ssh.OpenChannelError
	var number syscall.Errno
	switch {
	case errors.As(err, &refused):
		return "the bastion cannot reach it: " + refused.Message
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "no answer"
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, io.EOF):
		return "it hangs up"
	case strings.Contains(err.Error(), "unable to authenticate"):
		return "it refuses the login"
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Err.Error()
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

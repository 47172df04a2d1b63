package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	firstPause = 100 * time.Millisecond
	pauseRatio = 1.5
	// The longest pause decides how long a limited number of dials lasts in all.
	longestPause = 5 * time.Second
	// With unlimited dials there is no such length to keep, and a machine that has just booted is noticed sooner.
	longestUnlimitedPause = time.Second
)

// reporter is how a person hears of progress; the engine's logger is one.
type reporter interface {
	InfoStatus(message string)
	Warning(message string)
}

// link is an SSH connection together with the connection it runs through.
type link struct {
	*ssh.Client
	through *ssh.Client
}

func (l *link) Close() error {
	err := l.Client.Close()
	if l.through != nil {
		_ = l.through.Close()
	}
	return err
}

type dialer func(ctx context.Context, address string) (net.Conn, error)

func direct(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// dial connects to the machine, waiting for it as the connection's limits allow. It ends at once when ctx ends, when
// the machine has another host key than expected and when the inputs cannot be read.
func (c *Connection) dial(ctx context.Context, report reporter) (*link, error) {
	if c.Proxy == nil {
		client, err := connect(ctx, &c.Endpoint, direct, report)
		if err != nil {
			return nil, err
		}
		return &link{Client: client}, nil
	}
	return c.dialThroughProxy(ctx, report)
}

func (c *Connection) dialThroughProxy(ctx context.Context, report reporter) (*link, error) {
	bastion := &bastion{endpoint: &c.Proxy.Endpoint, report: report}
	client, err := connect(ctx, &c.Endpoint, bastion.dial, report)
	if err != nil {
		bastion.close()
		return nil, err
	}
	return &link{Client: client, through: bastion.client}, nil
}

// bastion keeps one connection to the machine in between while the machine behind it is dialled again and again.
type bastion struct {
	endpoint *Endpoint
	report   reporter
	client   *ssh.Client
}

func (b *bastion) dial(ctx context.Context, address string) (net.Conn, error) {
	if b.client == nil {
		client, err := connect(ctx, b.endpoint, direct, b.report)
		if err != nil {
			return nil, &bastionError{err}
		}
		b.client = client
	}
	connection, err := b.client.DialContext(ctx, "tcp", address)
	var refused *ssh.OpenChannelError
	if err != nil && ctx.Err() == nil && !errors.As(err, &refused) {
		b.close()
	}
	return connection, err
}

func (b *bastion) close() {
	if b.client != nil {
		_ = b.client.Close()
		b.client = nil
	}
}

// bastionError is final: the bastion's own limits were used up already.
type bastionError struct{ cause error }

func (e *bastionError) Error() string { return "through the bastion: " + e.cause.Error() }
func (e *bastionError) Unwrap() error { return e.cause }

func connect(ctx context.Context, endpoint *Endpoint, dial dialer, report reporter) (*ssh.Client, error) {
	login, err := endpoint.login()
	if err != nil {
		return nil, err
	}
	defer login.close()
	waiting := newWaiting(endpoint.address(), report)
	for dials := 1; ; dials++ {
		client, err := dialOnce(ctx, endpoint, login.config, dial)
		if err == nil {
			waiting.over(dials)
			return client, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("connecting to %s: %w", endpoint.address(), context.Cause(ctx))
		}
		if isFinal(err) {
			return nil, fmt.Errorf("connecting to %s: %w", endpoint.address(), err)
		}
		if limit := endpoint.limit(); limit >= 0 && dials > limit {
			return nil, fmt.Errorf("connecting to %s: gave up after %d dials: %w", endpoint.address(), dials, err)
		}
		waiting.because(err)
		pause(ctx, dials, endpoint.limit() < 0)
	}
}

func isFinal(err error) bool {
	var otherMachine *HostKeyError
	var noBastion *bastionError
	var negotiation *ssh.AlgorithmNegotiationError
	return errors.As(err, &otherMachine) || errors.As(err, &noBastion) || errors.As(err, &negotiation)
}

// dialOnce holds the time limit over the handshake too: a machine that accepts and then says nothing is not there.
func dialOnce(ctx context.Context, endpoint *Endpoint, config *ssh.ClientConfig, dial dialer) (*ssh.Client, error) {
	limited := ctx
	if timeout := endpoint.timeout(); timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	connection, err := dial(limited, endpoint.address())
	if err != nil {
		return nil, err
	}
	// A connection through a bastion has no deadlines of its own, so closing it is what ends the handshake.
	stop := context.AfterFunc(limited, func() { _ = connection.Close() })
	conn, channels, requests, err := ssh.NewClientConn(connection, endpoint.address(), config)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err != nil {
		_ = connection.Close()
		if limited.Err() != nil {
			return nil, limited.Err()
		}
		return nil, err
	}
	return ssh.NewClient(conn, channels, requests), nil
}

func pause(ctx context.Context, dials int, unlimited bool) {
	longest := longestPause
	if unlimited {
		longest = longestUnlimitedPause
	}
	length := firstPause
	for range dials - 1 {
		if length >= longest {
			break
		}
		length = time.Duration(float64(length) * pauseRatio)
	}
	select {
	case <-ctx.Done():
	case <-time.After(min(length, longest)):
	}
}

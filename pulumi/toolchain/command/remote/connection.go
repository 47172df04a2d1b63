package remote

import (
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
)

// Endpoint is one machine and how to log in to it.
type Endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"           provider:"secret"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"         provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Connection says how to reach the machine, perhaps through another one.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection is the machine in between.
type ProxyConnection struct {
	Endpoint
}

// Annotate describes the type to the schema.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to the remote machine.")
	c.Endpoint.annotate(a)
	a.Describe(&c.Proxy, "How to connect to the bastion in front of the machine.")
}

// Annotate describes the type to the schema.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a bastion.")
	c.Endpoint.annotate(a)
}

func (e *Endpoint) annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The password to log in with.")
	a.Describe(&e.Host, "Name or address of the machine.")
	a.Describe(&e.Port, "The port of its SSH server.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The private key to log in with, tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "What the private key is encrypted with.")
	a.Describe(&e.AgentSocketPath, "Socket of an SSH agent; SSH_AUTH_SOCK where that is set.")
	a.Describe(&e.DialErrorLimit, "How many dials may go wrong; -1 for any number.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "Seconds one dial may take; 0 for any time.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	a.Describe(&e.HostKey, "The host key the machine must have, in the format of authorized_keys. Any, if left out.")
}

func (e *Endpoint) host() string { return valueOr(e.Host, "") }

func (e *Endpoint) address() string {
	return net.JoinHostPort(e.host(), strconv.Itoa(int(valueOr(e.Port, defaultPort))))
}

func (e *Endpoint) timeout() time.Duration {
	return time.Duration(valueOr(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second
}

func (e *Endpoint) limit() int { return valueOr(e.DialErrorLimit, defaultDialErrorLimit) }

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// HostKeyError tells that the machine that answered is not the one that was meant. Dialling again would not help.
type HostKeyError struct {
	Address, Got, Expected string
}

func (e *HostKeyError) Error() string {
	return fmt.Sprintf("%s has the host key %s, expected %s", e.Address, e.Got, e.Expected)
}

// login holds everything needed to authenticate both sides, and what must be closed afterwards.
type login struct {
	config *ssh.ClientConfig
	agent  io.Closer
}

func (l *login) close() {
	if l.agent != nil {
		_ = l.agent.Close()
	}
}

// login reads keys and reaches the agent. Its errors are final: they are about the inputs, not about the network.
func (e *Endpoint) login() (*login, error) {
	config := &ssh.ClientConfig{User: valueOr(e.User, defaultUser)}
	if err := e.checkHostKey(config); err != nil {
		return nil, err
	}
	if err := e.addPrivateKey(config); err != nil {
		return nil, err
	}
	e.addPassword(config)
	connection, err := e.addAgent(config)
	if err != nil {
		return nil, err
	}
	return &login{config: config, agent: connection}, nil
}

func (e *Endpoint) checkHostKey(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	expected, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("reading the host key expected of %s: %w", e.address(), err)
	}
	config.HostKeyAlgorithms = signatureAlgorithms(expected.Type())
	matches := ssh.FixedHostKey(expected)
	config.HostKeyCallback = func(name string, address net.Addr, got ssh.PublicKey) error {
		if matches(name, address, got) == nil {
			return nil
		}
		return &HostKeyError{e.address(), ssh.FingerprintSHA256(got), ssh.FingerprintSHA256(expected)}
	}
	return nil
}

// An RSA key signs with newer hashes than its own name says; servers of today refuse the old one.
func signatureAlgorithms(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{keyType}
}

func (e *Endpoint) addPrivateKey(config *ssh.ClientConfig) error {
	if e.PrivateKey == nil {
		return nil
	}
	signer, err := parseKey(*e.PrivateKey, e.PrivateKeyPassword)
	if err != nil {
		return fmt.Errorf("reading the private key for %s: %w", e.address(), err)
	}
	config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	return nil
}

func parseKey(key string, password *string) (ssh.Signer, error) {
	if password == nil {
		return ssh.ParsePrivateKey([]byte(key))
	}
	return ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(*password))
}

// Some servers take a password only as the answer to a question.
func (e *Endpoint) addPassword(config *ssh.ClientConfig) {
	if e.Password == nil {
		return
	}
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = *e.Password
		}
		return answers, nil
	}
	config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(answer))
}

// A socket that was asked for must work; one that merely is in the environment is tried.
func (e *Endpoint) addAgent(config *ssh.ClientConfig) (io.Closer, error) {
	path, asked := os.Getenv("SSH_AUTH_SOCK"), false
	if e.AgentSocketPath != nil {
		path, asked = *e.AgentSocketPath, true
	}
	if strings.TrimSpace(path) == "" {
		return nil, nil
	}
	connection, err := net.Dial("unix", path)
	if err != nil {
		if asked || len(config.Auth) == 0 {
			return nil, fmt.Errorf("reaching the SSH agent: %w", err)
		}
		return nil, nil
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(connection).Signers))
	return connection, nil
}

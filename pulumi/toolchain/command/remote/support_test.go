package remote

import (
	"strings"
	"sync"
	"testing"
	"time"

	"berth.invalid/engine/command/internal/sshtest"
)

// watcher records what a person would see and lets a test wait for it.
type watcher struct {
	mu       sync.Mutex
	lines    []string
	warnings []string
	arrived  chan struct{}
}

func newWatcher() *watcher { return &watcher{arrived: make(chan struct{}, 1)} }

func (w *watcher) InfoStatus(message string) {
	w.mu.Lock()
	w.lines = append(w.lines, message)
	w.mu.Unlock()
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

func (w *watcher) Warning(message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warnings = append(w.warnings, message)
}

func (w *watcher) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.lines...)
}

// until waits for a line that contains text.
func (w *watcher) until(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		for _, line := range w.seen() {
			if strings.Contains(line, text) {
				return
			}
		}
		select {
		case <-w.arrived:
		case <-deadline:
			t.Errorf("%q was never shown; shown: %q", text, w.seen())
			return
		}
	}
}

func connectionTo(server *sshtest.Sshd) *Connection {
	return &Connection{Endpoint: endpointOf(server)}
}

func endpointOf(server *sshtest.Sshd) Endpoint {
	return Endpoint{
		Host:           ptr("127.0.0.1"),
		Port:           ptr(float64(server.Port)),
		User:           ptr(server.User),
		PrivateKey:     ptr(server.ClientKey),
		HostKey:        ptr(server.HostKey),
		DialErrorLimit: ptr(0),
	}
}

func ptr[T any](value T) *T { return &value }

func mustRun(t *testing.T, c call) BaseOutputs {
	t.Helper()
	result, err := c.run(t.Context(), newWatcher())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

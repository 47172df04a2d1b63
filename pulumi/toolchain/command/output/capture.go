// Package output captures what a command prints: for the resource's outputs, line by line for the person who watches,
// and its end for errors. However much a command prints, what is held and passed on stays bounded.
package output

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// A longer line is shown in pieces, so that a command that never ends a line is still seen and never waits.
	longestLine = 16 << 10
	tailLines   = 20
	// Bytes of one line that an error repeats.
	tailWidth = 400
)

// Shown says which streams a person may see, in progress and in errors.
type Shown struct {
	Stdout, Stderr bool
}

// ShownBy translates the value of the input "logging"; nil means both.
func ShownBy[T ~string](logging *T) Shown {
	if logging == nil {
		return Shown{Stdout: true, Stderr: true}
	}
	switch string(*logging) {
	case "none":
		return Shown{}
	case "stdout":
		return Shown{Stdout: true}
	case "stderr":
		return Shown{Stderr: true}
	default:
		return Shown{Stdout: true, Stderr: true}
	}
}

// Capture collects both streams. Its writers may be used from different goroutines.
type Capture struct {
	mu             sync.Mutex
	flow           flow
	tail           []string
	stdout, stderr stream
}

// NewCapture returns a Capture that passes the lines of the shown streams to say, one or several at a time, without
// the last line end. Of a flood it passes the beginning and the end.
func NewCapture(shown Shown, say func(lines string)) *Capture {
	capture := &Capture{}
	capture.flow = flow{mu: &capture.mu, say: say, pause: flowPause}
	capture.stdout = stream{capture: capture, shown: shown.Stdout}
	capture.stderr = stream{capture: capture, shown: shown.Stderr}
	return capture
}

// Stdout returns the writer for standard output.
func (c *Capture) Stdout() io.Writer { return &c.stdout }

// Stderr returns the writer for standard error.
func (c *Capture) Stderr() io.Writer { return &c.stderr }

// Finish shows lines that had no end. Nothing may be written afterwards.
func (c *Capture) Finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stdout.flush()
	c.stderr.flush()
	c.flow.flush()
}

// Text returns what each stream carried (of more than four MiB its beginning and its end), without its last line end. Bytes that are not UTF-8 are replaced, because
// the state can hold nothing else.
func (c *Capture) Text() (stdout, stderr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stdout.text(), c.stderr.text()
}

// Ending describes the last lines for an error message, or why there are none.
func (c *Capture) Ending() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tail) > 0 {
		return "its last output was:\n" + strings.Join(c.tail, "\n")
	}
	if !c.stdout.all.empty() || !c.stderr.all.empty() {
		return "its output is hidden by the input \"logging\""
	}
	return "it printed nothing"
}

func (c *Capture) show(line string) {
	c.flow.add(line)
	if len(line) > tailWidth {
		line = fmt.Sprintf("%s … (%d bytes more)", strings.ToValidUTF8(line[:tailWidth], ""), len(line)-tailWidth)
	}
	c.tail = append(c.tail, line)
	if len(c.tail) > tailLines {
		c.tail = c.tail[1:]
	}
}

type stream struct {
	capture *Capture
	shown   bool
	all     bounded
	pending []byte
}

func (s *stream) Write(chunk []byte) (int, error) {
	s.capture.mu.Lock()
	defer s.capture.mu.Unlock()
	s.all.write(chunk)
	if s.shown {
		s.pending = append(s.pending, chunk...)
		s.showLines()
		s.capture.flow.settle()
	}
	return len(chunk), nil
}

func (s *stream) showLines() {
	for {
		end := bytes.IndexByte(s.pending, '\n')
		switch {
		case end >= 0 && end <= longestLine:
			s.take(end)
			s.pending = s.pending[1:]
		case len(s.pending) > longestLine:
			s.take(wholeRunes(s.pending, longestLine))
		default:
			return
		}
	}
}

func (s *stream) flush() {
	if len(s.pending) > 0 {
		s.take(len(s.pending))
	}
}

func (s *stream) take(length int) {
	line := strings.ToValidUTF8(strings.TrimSuffix(string(s.pending[:length]), "\r"), "\uFFFD")
	s.pending = s.pending[length:]
	s.capture.show(line)
}

func (s *stream) text() string {
	return strings.ToValidUTF8(strings.TrimSuffix(s.all.text(), "\n"), "\uFFFD")
}

// wholeRunes returns the largest length up to limit that does not cut a character in two.
func wholeRunes(text []byte, limit int) int {
	for length := limit; length > limit-utf8.UTFMax; length-- {
		if utf8.RuneStart(text[length]) {
			return length
		}
	}
	return limit
}

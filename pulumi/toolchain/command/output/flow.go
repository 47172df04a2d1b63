package output

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// Every message costs the engine and its listeners about a millisecond: lines that come close together share one.
	flowPause = 50 * time.Millisecond
	// More than this in one pause is a flood, of which nobody reads the middle.
	flowLines = 200
	flowBytes = 64 << 10
	flowLast  = 20
)

// flow passes lines on, several at a time when they come fast, and leaves lines out of a flood, saying how many.
type flow struct {
	mu    sync.Locker
	say   func(lines string)
	pause time.Duration

	first   []string
	bytes   int
	last    []string
	leftOut int
	said    time.Time
	timer   *time.Timer
}

// add takes a line. Call with mu held.
func (f *flow) add(line string) {
	switch {
	case len(f.first) == 0 || len(f.first) < flowLines && f.bytes+len(line) <= flowBytes:
		f.first = append(f.first, line)
		f.bytes += len(line)
	case len(f.last) < flowLast:
		f.last = append(f.last, line)
	default:
		f.last = append(f.last[1:], line)
		f.leftOut++
	}
}

// settle passes on what was added, at once or when the pause since the last message is over. Call with mu held.
func (f *flow) settle() {
	if len(f.first) == 0 || f.timer != nil {
		return
	}
	if rest := f.pause - time.Since(f.said); rest > 0 {
		f.timer = time.AfterFunc(rest, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.flush()
		})
		return
	}
	f.flush()
}

// flush passes on everything at once. Call with mu held.
func (f *flow) flush() {
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	if len(f.first) == 0 {
		return
	}
	lines := f.first
	if f.leftOut > 0 {
		lines = append(lines, fmt.Sprintf("… %d lines left out …", f.leftOut))
	}
	lines = append(lines, f.last...)
	f.first, f.bytes, f.last, f.leftOut = nil, 0, nil, 0
	f.say(strings.Join(lines, "\n"))
	f.said = time.Now()
}

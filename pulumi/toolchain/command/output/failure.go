package output

import (
	"fmt"
	"time"
)

// Failure is the error of a command that ran and did not succeed. It says which step it was and how it ended, never
// what was run or what it was given to read: both may hold secrets.
type Failure struct {
	// Step is "create", "update", "delete" or "run", with the place: "create on 10.0.0.2".
	Step string
	// How it ended: "ended with exit code 2", "was ended by signal TERM".
	How     string
	Elapsed time.Duration
	// Ending as from [Capture.Ending].
	Ending string
	Cause  error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s %s after %s; %s", f.Step, f.How, f.Elapsed.Round(100*time.Millisecond), f.Ending)
}

func (f *Failure) Unwrap() error { return f.Cause }

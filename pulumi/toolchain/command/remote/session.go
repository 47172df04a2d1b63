package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"berth.invalid/engine/command/output"
	"golang.org/x/crypto/ssh"
)

const (
	// Linux takes no longer string in an environment.
	longestVariable = 128<<10 - 1
)

// call is one run of one script on the machine.
type call struct {
	// step is "create", "update" or "delete".
	step     string
	script   string
	inputs   CommandInputs
	previous BaseOutputs
}

// run connects, runs the script and returns what it printed. When ctx ends, the remote process group is told to end
// and the connection is closed.
func (c call) run(ctx context.Context, report reporter) (BaseOutputs, error) {
	client, err := c.inputs.Connection.dial(ctx, report)
	if err != nil {
		return BaseOutputs{}, fmt.Errorf("%s: %w", c.step, err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return BaseOutputs{}, fmt.Errorf("%s: opening a session: %w", c.where(), err)
	}
	defer session.Close()
	if err := c.setEnvironment(session, report); err != nil {
		return BaseOutputs{}, fmt.Errorf("%s: %w", c.where(), err)
	}
	if stdin := valueOr(c.inputs.Stdin, ""); stdin != "" {
		session.Stdin = strings.NewReader(stdin)
	}
	return c.runIn(ctx, client, session, report)
}

func (c call) runIn(ctx context.Context, client *link, session *ssh.Session, report reporter) (BaseOutputs, error) {
	capture := output.NewCapture(output.ShownBy(c.inputs.Logging), report.InfoStatus)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	started := time.Now()
	err := runUntil(ctx, client, session, c.script)
	capture.Finish()
	if err != nil {
		return BaseOutputs{}, &output.Failure{
			Step: c.where(), How: ending(err), Elapsed: time.Since(started), Ending: capture.Ending(), Cause: err,
		}
	}
	stdout, stderr := capture.Text()
	return BaseOutputs{Stdout: stdout, Stderr: stderr}, nil
}

func (c call) where() string {
	return fmt.Sprintf("%s on %s", c.step, c.inputs.Connection.host())
}

// setEnvironment sends the variables one by one. A server takes only those it is configured for: a refused one that
// was asked for is an error, a refused earlier output is not, and is worth a word only if the script reads it.
func (c call) setEnvironment(session *ssh.Session, report reporter) error {
	for _, name := range slices.Sorted(maps.Keys(c.inputs.Environment)) {
		if err := session.Setenv(name, c.inputs.Environment[name]); err != nil {
			return fmt.Errorf("setting the environment variable %s: the SSH server refuses it (AcceptEnv): %w", name, err)
		}
	}
	previous := output.Previous(c.inputs.AddPreviousOutputInEnv, c.previous.Stdout, c.previous.Stderr)
	for _, name := range slices.Sorted(maps.Keys(previous)) {
		taken := len(previous[name])+len(name) < longestVariable && session.Setenv(name, previous[name]) == nil
		if !taken && strings.Contains(c.script, name) {
			report.Warning(fmt.Sprintf("%s: the SSH server does not take %s (AcceptEnv, or too long)", c.where(), name))
		}
	}
	return nil
}

func runUntil(ctx context.Context, client *link, session *ssh.Session, script string) error {
	if err := session.Start(script); err != nil {
		return fmt.Errorf("could not be started: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		// The command ended well and left some of its standard input unread, which is its own affair.
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	case <-ctx.Done():
		stop(client, session, ended)
		return context.Cause(ctx)
	}
}

func ending(err error) string {
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case errors.As(err, &exit) && exit.Signal() != "":
		return "was ended by signal " + exit.Signal()
	case errors.As(err, &exit):
		return fmt.Sprintf("ended with exit code %d", exit.ExitStatus())
	case errors.As(err, &missing):
		return "lost the connection before it ended"
	case errors.Is(err, context.Canceled):
		return "was cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "ran out of time"
	default:
		return err.Error()
	}
}
